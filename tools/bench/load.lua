-- What wrk sends; the arguments after `--` name it:
--   same TARGET [FIELD: VALUE]...   one request again and again
--   random COUNT                    GET of one of /docs/0 ... /docs/COUNT-1
--   walk PREFIX COUNT               GET of PREFIX0 ... PREFIXCOUNT-1, in turn
--   targets FILE [FIELD: VALUE]...  GET of one of the file's lines
--   put COUNT BYTES                 PUT of one of them, each time another body
--   post BYTES                      POST to /items
-- At the end one line of JSON says what was done.

local kind
local count, bytes
local prefix
local number = 0
local lines = {}
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

local function body_of(size)
    -- The members stand in the order a canonical form would give them.
    number = number + 1
    local head = string.format('{"n":%09d,"text":"', 100000000 + number)
    return head .. string.rep("x", size - #head - 2) .. '"}'
end

local json = {["Content-Type"] = "application/json"}

local kinds = {
    random = function()
        return wrk.format("GET", "/docs/" .. math.random(0, count - 1))
    end,
    walk = function()
        number = number + 1
        return wrk.format("GET", prefix .. (number - 1) % count)
    end,
    targets = function() return lines[math.random(#lines)] end,
    put = function()
        local target = "/docs/" .. math.random(0, count - 1)
        return wrk.format("PUT", target, json, body_of(bytes))
    end,
    post = function()
        return wrk.format("POST", "/items", json, body_of(bytes))
    end,
}

local function headers_of(args)
    local headers = {}
    for i = 3, #args do
        local name, value = args[i]:match("^([^:]+): (.*)$")
        headers[name] = value
    end
    return headers
end

local function send_each_time()
    return kind()
end

-- wrk sends its own request when there is no function to make one: that costs
-- the least, and this load has to outpace what it measures.
local function send_the_same(args)
    wrk.path = args[2]
    for name, value in pairs(headers_of(args)) do
        wrk.headers[name] = value
    end
end

function init(args)
    kind = kinds[args[1]]
    if kind then
        request = send_each_time
    elseif args[1] ~= "same" then
        error("unknown kind " .. tostring(args[1]))
    end
    math.randomseed(tonumber(os.getenv("VB_SEED") or 1))
    wrk.headers["Host"] = wrk.host .. ":" .. wrk.port
    if args[1] == "same" then
        send_the_same(args)
    elseif args[1] == "walk" then
        prefix, count = args[2], tonumber(args[3])
    elseif args[1] == "targets" then
        for line in io.lines(args[2]) do
            table.insert(lines, wrk.format("GET", line, headers_of(args)))
        end
    elseif args[1] == "post" then
        bytes = tonumber(args[2])
    else
        count, bytes = tonumber(args[2]), tonumber(args[3])
    end
end

function done(summary, latency)
    local e = summary.errors
    print(string.format(
        '@{"requests": %d, "seconds": %.6f, "bytes": %d, "bad_status": %d,' ..
        ' "errors": %d, "p50_us": %d, "p99_us": %d}',
        summary.requests, summary.duration / 1e6, summary.bytes, e.status,
        e.connect + e.read + e.write + e.timeout,
        latency:percentile(50), latency:percentile(99)))
end
