using System.Globalization;
using System.Text.Json;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>What an exec plugin printed: an <c>ExecCredential</c> with a status.</summary>
/// <remarks>Source: Kubernetes documentation, "client-go credential plugins"; k8s.io/client-go <c>pkg/apis/clientauthentication</c>.</remarks>
internal sealed class ExecAnswer
{
    public string? Token { get; private init; }

    public ClientCertificate? Certificate { get; private init; }

    public DateTimeOffset? Expires { get; private init; }

    /// <exception cref="FormatException">The text is no such answer; the message says why without repeating any of it.</exception>
    /// <exception cref="MeshException">The certificate in it cannot be used.</exception>
    public static ExecAnswer Parse(string text, string apiVersion, string owner, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new FormatException("it printed nothing");
        using JsonDocument document = ParseJson(text);
        JsonElement root = document.RootElement;
        if (root.Text("kind") != "ExecCredential")
            throw new FormatException("it did not print an ExecCredential");
        if (root.Text("apiVersion") is var version && version != apiVersion)
            throw new FormatException($"it answered in apiVersion '{version}', asked was '{apiVersion}'");
        if (root.Child("status") is not { } status)
            throw new FormatException("its ExecCredential has no status");
        string? token = status.Text("token");
        string? certificate = status.Text("clientCertificateData");
        string? key = status.Text("clientKeyData");
        if (token is null && certificate is null && key is null)
            throw new FormatException("its ExecCredential has neither a token nor a client certificate");
        return new ExecAnswer
        {
            Token = token,
            Certificate = certificate is null && key is null ? null : ClientCertificate.Load(certificate, key, owner, now),
            Expires = Expiry(status),
        };
    }

    private static JsonDocument ParseJson(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            throw new FormatException($"it printed {text.Length} characters that are not JSON");
        }
    }

    private static DateTimeOffset? Expiry(JsonElement status)
    {
        if (status.Text("expirationTimestamp") is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset expires)
            ? expires
            : throw new FormatException($"its expirationTimestamp '{text}' is not a date");
    }
}
