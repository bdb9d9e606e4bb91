namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>An answer to a <see cref="PageRequest"/>.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="ReasonPhrase">The words that came with it.</param>
/// <param name="Headers">The telling ones, by their names in lower case.</param>
/// <param name="Content">The body; null when it is no text.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Certificate">What was shown in the TLS handshake; null without TLS.</param>
/// <param name="Trusted">Whether that would be trusted.</param>
internal sealed record FetchedPage(
    int StatusCode, string? ReasonPhrase, IReadOnlyDictionary<string, string> Headers, string? Content, TimeSpan Elapsed, string? Certificate, bool Trusted)
{
    /// <summary>
    /// Whether Envoy itself says that something is wrong, not the service behind it: what comes from a service carries the time that it took, and
    /// Envoy's own 404 has no content, its own 50x a plain line.
    /// </summary>
    public bool IsOfEnvoy => Headers.GetValueOrDefault("server")?.Contains("envoy", StringComparison.OrdinalIgnoreCase) == true
        && !Headers.ContainsKey("x-envoy-upstream-service-time")
        && (string.IsNullOrEmpty(Content) || (StatusCode >= 500 && Headers.GetValueOrDefault("content-type")?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) == true));
}
