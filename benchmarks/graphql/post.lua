-- wrk: the requests of the file named first, in turn; at the end one line of figures, times in microseconds.
local bodies = {}
local token = os.getenv("HUB_TOKEN")
local purpose = os.getenv("HUB_PURPOSE")
local session = os.getenv("HUB_SESSION")
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = line
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  if token then
    wrk.headers["Authorization"] = "Bearer " .. token
  end
  if purpose then
    wrk.headers["X-Hub-Purpose"] = purpose
    wrk.headers["X-Hub-Session"] = session
  end
end

function request()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("FIGURES %d %d %d %d %d", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), failed))
end
