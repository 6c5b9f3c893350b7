"""The promise: whatever dies, nothing runs twice."""
