-- Alertmanager bodies of three alerts, each alert sent once; arguments: run, groups.
-- The run's name keeps the fingerprints of one run apart from those of every other.
local run, groups, sent = "run", 1, 0
local alert = '{"status":"firing","labels":{"alertname":"DiskFull","severity":"critical","service":"checkout-%d",'
  .. '"instance":"web-%d:9100"},"annotations":{"summary":"disk of web-%d is 97 %% full",'
  .. '"description":"/var/log grows by 1 GiB an hour"},"startsAt":"2026-11-21T12:00:00.123Z",'
  .. '"endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=up",'
  .. '"fingerprint":"%s-%d-%d"}'
local body = '{"version":"4","groupKey":"{}:{group=\\"g%d\\"}","truncatedAlerts":0,"status":"firing","receiver":"bot",'
  .. '"groupLabels":{"group":"g%d"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am.example:9093",'
  .. '"alerts":[%s,%s,%s]}'
local headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer bench-token" }

function init(args)
  run, groups = args[1], tonumber(args[2])
end

local function one(group, n)
  return string.format(alert, group, n, n, run, sent, n)
end

function request()
  sent = sent + 1
  local group = sent % groups
  local text = string.format(body, group, group, one(group, 1), one(group, 2), one(group, 3))
  return wrk.format("POST", "/alerts/alertmanager", headers, text)
end

function done(summary, latency, _)
  io.write(string.format(
    '{"answered":%d,"refused":%d,"broken":%d,"microseconds":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
