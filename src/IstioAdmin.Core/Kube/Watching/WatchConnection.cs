using System.Diagnostics;
using System.Net;
using System.Text.Json;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.Watching;

/// <summary>One response to a watch request.</summary>
internal sealed class WatchConnection : IAsyncDisposable
{
    private readonly HttpResponseMessage? _response;
    private readonly LineReader? _lines;
    private readonly CancellationTokenSource _deadline;
    private readonly bool _expired;
    private readonly long _opened = Stopwatch.GetTimestamp();

    private WatchConnection(HttpResponseMessage? response, LineReader? lines, CancellationTokenSource deadline, bool expired = false)
    {
        _expired = expired;
        _response = response;
        _lines = lines;
        _deadline = deadline;
    }

    /// <summary>Whether anything has come.</summary>
    public bool Spoke { get; private set; }

    /// <summary>How long it has been open.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_opened);

    /// <summary>Opens a watch.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">What to watch.</param>
    /// <param name="query">Which of them.</param>
    /// <param name="version">The version after which events are wanted.</param>
    /// <param name="settings">How long to wait.</param>
    /// <param name="cancel">Ends the watch.</param>
    /// <exception cref="MeshException">The server could not be reached or refused.</exception>
    public static async Task<WatchConnection> OpenAsync(
        KubeClient client, KubeResource resource, ListQuery query, string version, WatchSettings settings, CancellationToken cancel)
    {
        KubeSubject about = resource.Subject("watch", query.Namespace);
        string path = new RequestPath(resource.Path(query.Namespace))
            .With("watch", true)
            .With("allowWatchBookmarks", true)
            .With("resourceVersion", version)
            .With("timeoutSeconds", Math.Max(1, (long)settings.ServerTimeout.TotalSeconds))
            .With("labelSelector", query.LabelSelector)
            .With("fieldSelector", query.FieldSelector)
            .ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        HttpResponseMessage? response = null;
        try
        {
            deadline.CancelAfter(settings.ServerTimeout + settings.Grace);
            response = await client.ExchangeAsync(request, about, deadline.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Gone)
            {
                response.Dispose();
                return new WatchConnection(null, null, deadline, expired: true);
            }
            if (!response.IsSuccessStatusCode)
                throw await KubeFailure.FromResponseAsync(response, client, about, cancel).ConfigureAwait(false);
            response.RequireMediaType(client, about, static type => type.EndsWith("json", StringComparison.OrdinalIgnoreCase));
            Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return new WatchConnection(response, new LineReader(body, settings.LongestLine), deadline);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // As if it had ended: a server that does not begin to answer is asked again like one that falls silent.
            response?.Dispose();
            return new WatchConnection(null, null, deadline);
        }
        catch
        {
            response?.Dispose();
            deadline.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next line.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">What came is no watch event.</exception>
    public async ValueTask<WatchLine> ReadAsync(CancellationToken cancel)
    {
        if (_lines is null)
            return _expired ? new WatchLine.Expired() : new WatchLine.Ended();
        try
        {
            LineReader.Line? line = await _lines.ReadAsync(_deadline.Token).ConfigureAwait(false);
            // A line without its end is one that the connection broke off in: the event comes again when the watch goes on.
            if (line is not { Terminated: true } whole)
                return new WatchLine.Ended();
            Spoke = true;
            return WatchLine.Parse(whole.Bytes);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new WatchLine.Ended();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the watch sent something else than an event: {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_lines is not null)
            await _lines.DisposeAsync().ConfigureAwait(false);
        _response?.Dispose();
        _deadline.Dispose();
    }
}
