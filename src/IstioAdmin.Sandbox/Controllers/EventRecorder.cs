using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Writes Events. One that says the same of the same object again raises the count of the first (client-go <c>tools/record/events_cache.go</c>).
/// Nobody waits for an Event: when there are more than can be written, further ones are dropped, as client-go's recorder drops them, and a component
/// that has much to say is held to a rate, as the kubelet is (<c>eventRecordQPS</c>).
/// </summary>
internal sealed class EventRecorder : IAsyncDisposable
{
    private const int MostWaiting = 1000;
    private const int MostKnown = 4096;
    private const int Burst = 500;
    private const double PerSecond = 25;

    private readonly ClusterApi _api;
    private readonly Channel<JsonObject> _waiting = Channel.CreateBounded<JsonObject>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, (string Path, int Count)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _writing;
    private long _number = DateTimeOffset.UtcNow.Ticks;

    /// <param name="api">The API server.</param>
    public EventRecorder(ClusterApi api)
    {
        _api = api;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Records something that is as it should be.</summary>
    public void Normal(JsonObject about, string component, string reason, string message, string? host = null, string? field = null) =>
        Record(about, component, "Normal", reason, message, host, field);

    /// <summary>Records something that is not as it should be.</summary>
    public void Warning(JsonObject about, string component, string reason, string message, string? host = null, string? field = null) =>
        Record(about, component, "Warning", reason, message, host, field);

    private void Record(JsonObject about, string component, string type, string reason, string message, string? host, string? field)
    {
        if (!_buckets.GetOrAdd(component, _ => new Bucket()).Take())
            return;
        string now = Json.Now(), name = Meta.Name(about);
        var involved = new JsonObject
        {
            ["kind"] = Json.Text(about, "kind"),
            ["name"] = name,
            ["uid"] = Meta.Uid(about),
            ["apiVersion"] = Json.Text(about, "apiVersion"),
            ["resourceVersion"] = Json.Text(about, "metadata", "resourceVersion"),
        };
        if (Meta.Namespace(about) is { } ns)
            involved["namespace"] = ns;
        if (field is not null)
            involved["fieldPath"] = field;
        var source = new JsonObject { ["component"] = component };
        if (host is not null)
            source["host"] = host;
        _waiting.Writer.TryWrite(new JsonObject
        {
            ["kind"] = "Event",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = string.Create(CultureInfo.InvariantCulture, $"{name}.{Interlocked.Increment(ref _number):x16}"),
                ["namespace"] = Meta.Namespace(about) ?? "default",
            },
            ["involvedObject"] = involved,
            ["reason"] = reason,
            ["message"] = message.Length > 1024 ? message[..1024] : message,
            ["source"] = source,
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1,
            ["type"] = type,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task WriteAsync()
    {
        await foreach (JsonObject made in _waiting.Reader.ReadAllAsync(_end.Token).ConfigureAwait(false))
        {
            string key = $"{Json.Text(made, "source", "component")}/{Json.Text(made, "involvedObject", "uid")}/{Json.Text(made, "involvedObject", "fieldPath")}/{Json.Text(made, "reason")}/{Json.Text(made, "message")}";
            string collection = Meta.Collection("api/v1/events", Meta.Namespace(made));
            try
            {
                if (_known.TryGetValue(key, out (string Path, int Count) before))
                {
                    _known[key] = (before.Path, before.Count + 1);
                    await _api.PatchAsync(before.Path, new JsonObject { ["count"] = before.Count + 1, ["lastTimestamp"] = Json.Text(made, "lastTimestamp") }, cancel: _end.Token).ConfigureAwait(false);
                    continue;
                }
                if (_known.Count == MostKnown)
                    _known.Clear();
                await _api.PostAsync(collection, made, cancel: _end.Token).ConfigureAwait(false);
                _known[key] = ($"{collection}/{Meta.Name(made)}", 1);
            }
            catch (Exception e) when (e is ClusterApiException or HttpRequestException or IOException)
            {
                // An Event that cannot be written is lost: its namespace may be going away.
                _known.Remove(key);
            }
        }
    }

    private sealed class Bucket
    {
        private readonly object _gate = new();
        private double _tokens = Burst;
        private long _at = Environment.TickCount64;

        public bool Take()
        {
            lock (_gate)
            {
                long now = Environment.TickCount64;
                _tokens = Math.Min(Burst, _tokens + ((now - _at) * PerSecond / 1000));
                _at = now;
                if (_tokens < 1)
                    return false;
                _tokens--;
                return true;
            }
        }
    }
}
