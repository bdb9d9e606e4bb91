using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.Logs;

/// <summary>Reads containers' logs.</summary>
public static class PodLogs
{
    /// <summary>Bytes that one line may have.</summary>
    private const int LongestLine = 64 * 1024 * 1024;

    /// <summary>Reads a log line by line.</summary>
    /// <param name="client">The client.</param>
    /// <param name="target">Whose log.</param>
    /// <param name="options">Which part of it.</param>
    /// <param name="cancel">Ends the reading. To stop enumerating has the same effect.</param>
    /// <exception cref="MeshException"><c>ContainerNotFound</c>, <c>ContainerRequired</c>, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async IAsyncEnumerable<string> ReadLogAsync(
        this KubeClient client, PodContainer target, LogOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        var lines = new LineReader(await client.OpenLogAsync(target, options, cancel).ConfigureAwait(false), LongestLine);
        await using (lines.ConfigureAwait(false))
        {
            while (await NextAsync(client, target, lines, cancel).ConfigureAwait(false) is { } line)
                yield return line;
        }
    }

    /// <summary>Opens a log as bytes, exactly as the container wrote them.</summary>
    /// <param name="client">The client.</param>
    /// <param name="target">Whose log.</param>
    /// <param name="options">Which part of it.</param>
    /// <param name="cancel">Cancels the opening.</param>
    /// <exception cref="MeshException"><c>ContainerNotFound</c>, <c>ContainerRequired</c>, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<Stream> OpenLogAsync(this KubeClient client, PodContainer target, LogOptions options, CancellationToken cancel)
    {
        string path = new RequestPath(KubeResource.Pods.Path(target.Namespace, target.Pod, "log"))
            .With("container", target.Container)
            .With("follow", options.Follow)
            .With("tailLines", options.Tail)
            // The server takes only whole seconds, and at least one.
            .With("sinceSeconds", options.Since is { } since ? Math.Max(1, (long)Math.Ceiling(since.TotalSeconds)) : null)
            .With("previous", options.Previous)
            .With("timestamps", options.Timestamps)
            .ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        try
        {
            // The stream keeps the connection; to dispose it gives the connection back or, before its end, cuts it.
            HttpResponseMessage response = await client.SendAsync(request, target.Subject("get", "log"), cancel).ConfigureAwait(false);
            return await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (target.Refine(e) is var refined && refined != e)
        {
            throw refined;
        }
    }

    private static async ValueTask<string?> NextAsync(KubeClient client, PodContainer target, LineReader lines, CancellationToken cancel)
    {
        try
        {
            return await lines.ReadAsync(cancel).ConfigureAwait(false) is { } line ? Decode(line.Bytes) : null;
        }
        catch (InvalidDataException e)
        {
            throw KubeResponse.Invalid(client, target.Subject("get", "log"), e.Message, e);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, client, target.Subject("get", "log"));
        }
    }

    /// <summary>Windows containers end their lines with CR LF.</summary>
    private static string Decode(ReadOnlySequence<byte> line)
    {
        string text = Encoding.UTF8.GetString(line);
        return text.EndsWith('\r') ? text[..^1] : text;
    }
}
