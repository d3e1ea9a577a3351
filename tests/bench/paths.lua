-- Asks for each path of the file BENCH_PATHS in turn, and sums up in one line what wrk measured.
local paths, next_path = {}, 0

function init()
  for path in io.lines(os.getenv("BENCH_PATHS")) do
    paths[#paths + 1] = wrk.format("GET", path)
  end
end

function request()
  next_path = next_path % #paths + 1
  return paths[next_path]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("bench requests=%d rate=%.1f p50=%.4f p90=%.4f p99=%.4f failed=%d\n",
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
