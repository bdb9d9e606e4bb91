using System.Text.Json;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>A 2xx answer whose body is not what the protocol promises.</summary>
internal static class ResponseFailure
{
    // The reader's exceptions differ only in their words; each of these means that the text stops before its end.
    private static readonly string[] EarlyEnds = ["end of data", "depth to be zero", "not contain any JSON tokens"];

    /// <summary>Whether JSON could not be read because it stops before its end.</summary>
    public static bool EndsEarly(JsonException exception) => EarlyEnds.Any(words => exception.Message.Contains(words, StringComparison.Ordinal));

    public static MeshException FromJson(JsonException exception, KubeEndpoint endpoint, KubeSubject about) =>
        EndsEarly(exception)
            ? Truncated(endpoint, about, exception)
            : new MeshException(
                "ResponseInvalid",
                FailureKind.InvalidResponse,
                $"{endpoint.Name()}: could not {about}: the answer is not valid JSON ({Position(exception)}).",
                "Check that the address is that of a Kubernetes API server and that nothing between rewrites its answers.",
                about,
                exception);

    public static MeshException Truncated(KubeEndpoint endpoint, KubeSubject about, Exception? cause) => new(
        "ResponseTruncated",
        FailureKind.InvalidResponse,
        $"{endpoint.Name()}: could not {about}: the answer stops before the end of its JSON.",
        "Run the command again; if it stays so, look at proxies and load balancers between here and the server.",
        about,
        cause);

    public static MeshException Html(string body, KubeEndpoint endpoint, KubeSubject about) => new(
        "ResponseIsHtml",
        FailureKind.InvalidResponse,
        $"{endpoint.Name()}: could not {about}: an HTML page came back instead of an API object: \"{Excerpt.Of(body)}\"",
        "The address leads to a web page (a login page, a proxy or a dashboard), not to a Kubernetes API server; correct 'server' in the kubeconfig.",
        about);

    private static string Position(JsonException exception) =>
        exception.LineNumber is { } line ? $"line {line + 1}, byte {exception.BytePositionInLine + 1}" : "position unknown";
}
