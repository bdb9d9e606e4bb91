using System.Collections.Concurrent;
using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>Asks the server things that may be refused: a refusal becomes null and a note, not an error.</summary>
internal sealed class Probe
{
    private readonly KubeClient _client;
    private readonly TimeSpan _timeout;
    private readonly ConcurrentQueue<string> _notes = new();

    public Probe(KubeClient client, TimeSpan timeout)
    {
        _client = client;
        _timeout = timeout;
    }

    /// <summary>A document; null when it does not exist or was refused.</summary>
    public async Task<JsonElement?> GetAsync(string path, KubeSubject about, CancellationToken cancel)
    {
        try
        {
            using JsonDocument document = await _client.GetJsonAsync(path, about, _timeout, cancel).ConfigureAwait(false);
            return document.RootElement.Clone();
        }
        catch (MeshException e)
        {
            _notes.Enqueue($"Detection goes on without this: {e.Message}");
            return null;
        }
    }

    /// <summary>The items of a collection; null when it does not exist or was refused.</summary>
    public async Task<IReadOnlyList<JsonElement>?> ListAsync(KubeResource resource, string query, CancellationToken cancel)
    {
        JsonElement? list = await GetAsync($"{resource.Path()}?{query}", resource.Subject("list"), cancel).ConfigureAwait(false);
        return list is { } found ? [.. found.Items("items")] : null;
    }

    /// <summary>Hands the notes over, one after the other: reporters need not be called from many threads.</summary>
    public void Report(IReporter reporter)
    {
        while (_notes.TryDequeue(out string? note))
        {
            reporter.Detail(note);
        }
    }
}
