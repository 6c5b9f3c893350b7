"""The only place where everything is wired: settings in, a running Firewarden out.

`base.opened` is enough for every command but `serve`, which runs inside `serving.serving`. In the
order of a start: `foundation`, `entering` (alerts are durable from here on), `base`, `service`.
Nothing is imported here, so that a start pays for each of them when its turn comes.
"""
