using System.Globalization;
using System.Security.Cryptography;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Pke.Connecting;

/// <summary>What the options, the environment and banzai's configuration come to: everything that a client needs, checked and loaded.</summary>
internal sealed class PipelineLogin
{
    public required Uri Endpoint { get; init; }

    public required string Token { get; init; }

    /// <summary>Where the token comes from, in words.</summary>
    public required string TokenSource { get; init; }

    public required ServerTrust Trust { get; init; }

    public string? Organization { get; init; }

    public Uri? CloudInfo { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <exception cref="MeshException">Something is missing, or cannot be used.</exception>
    public static PipelineLogin Resolve(PipelineOptions options, KubeEnvironment environment)
    {
        BanzaiConfig config = BanzaiConfig.Read(options.Configuration, environment);
        string given = options.Endpoint ?? config.Endpoint ?? throw new MeshException(
            "PipelineEndpointMissing", FailureKind.InvalidInput,
            config.File is null ? "No endpoint is given, and banzai has no configuration." : $"No endpoint is given, and banzai's configuration '{config.File}' has none.",
            "Give the address of Pipeline with -Endpoint.");
        Uri endpoint = Address(given, options.Endpoint is null ? $"pipeline.basepath in '{config.File}'" : "-Endpoint");
        // What the configuration holds is meant for the server that it names, and for no other.
        BanzaiConfig own = config.Endpoint is { } configured && IsSame(configured, endpoint) ? config : BanzaiConfig.None;
        (string token, string source) = FindToken(options, own, environment, endpoint, config);
        var warnings = new List<string>();
        if (endpoint.Scheme == Uri.UriSchemeHttp && !endpoint.IsLoopback)
            warnings.Add($"The connection to {endpoint.Name()} is not encrypted: whoever sits between can read the token.");
        return new PipelineLogin
        {
            Endpoint = endpoint,
            Token = token,
            TokenSource = source,
            Trust = TrustOf(options, own, endpoint, warnings),
            Organization = options.Organization ?? own.OrganizationId?.ToString(CultureInfo.InvariantCulture),
            CloudInfo = CloudInfoOf(own, endpoint),
            Warnings = warnings,
        };
    }

    private static Uri Address(string text, string what)
    {
        MeshException Invalid(string why) => new("PipelineEndpointInvalid", FailureKind.InvalidInput, $"{what} {why}.",
            "Give the base address, for example https://pipeline.example.org/pipeline.", text);
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? address) || address.Host.Length == 0)
            throw Invalid($"'{Excerpt.Of(text)}' is not an absolute URL");
        if (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            throw Invalid($"has the scheme '{address.Scheme}', which is neither https nor http");
        if (address.UserInfo.Length > 0)
            throw Invalid("holds a user name; credentials belong into -Token");
        if (address.Query.Length > 0 || address.Fragment.Length > 0)
            throw Invalid("has a query or a fragment");
        string path = address.AbsolutePath.TrimEnd('/');
        // The address as documentation of the API shows it.
        if (path.EndsWith("/api/v1", StringComparison.Ordinal))
            path = path[..^"/api/v1".Length];
        return new Uri(address, path + "/");
    }

    private static bool IsSame(string configured, Uri endpoint)
    {
        try
        {
            return Address(configured, "") == endpoint;
        }
        catch (MeshException)
        {
            return false;
        }
    }

    private static (string Token, string Source) FindToken(PipelineOptions options, BanzaiConfig own, KubeEnvironment environment, Uri endpoint, BanzaiConfig config)
    {
        if (options.Token is { Length: > 0 } given)
            return (Clean(given, "-Token"), "-Token");
        if (environment.Variable("PIPELINE_TOKEN") is { Length: > 0 } variable)
            return (Clean(variable, "$env:PIPELINE_TOKEN"), "$env:PIPELINE_TOKEN");
        if (own.Token is { } configured)
            return (Clean(configured, $"pipeline.token in '{own.File}'"), $"'{own.File}'");
        string elsewhere = config switch
        {
            { File: null } => "banzai has no configuration",
            { Token: null } => $"banzai's configuration '{config.File}' has none",
            _ => $"the one in banzai's configuration '{config.File}' is for another endpoint",
        };
        throw new MeshException("PipelineTokenMissing", FailureKind.Unauthenticated,
            $"There is no token for {endpoint.Name()}: -Token is not given, $env:PIPELINE_TOKEN is not set, and {elsewhere}.",
            "Give one with -Token, for example (Read-Host -AsSecureString); Pipeline's web page makes tokens.", endpoint);
    }

    private static string Clean(string token, string source)
    {
        string clean = token.Trim();
        return clean.Length > 0 && clean.All(c => c is > ' ' and < '\x7f')
            ? clean
            : throw new MeshException("PipelineTokenInvalid", FailureKind.InvalidInput, $"What {source} holds cannot be a token: it is empty, or has blanks or characters beyond ASCII in it.",
                "Copy the token again, without what stands around it.", source);
    }

    private static ServerTrust TrustOf(PipelineOptions options, BanzaiConfig own, Uri endpoint, List<string> warnings)
    {
        if (options.CertificateAuthority is not null && endpoint.Scheme == Uri.UriSchemeHttp)
            warnings.Add($"-CertificateAuthority does nothing: {endpoint.Name()} is not https.");
        if (options.CertificateAuthority is { } file)
            return Authority(endpoint, ReadAuthority(file, "-CertificateAuthority"), $"-CertificateAuthority '{file}'");
        if (endpoint.Scheme == Uri.UriSchemeHttps && own.Fingerprint is { } fingerprint)
            return ServerTrust.Pinned(endpoint, Fingerprint(fingerprint, own.File!));
        bool insecure = own.SkipVerify && endpoint.Scheme == Uri.UriSchemeHttps;
        if (insecure)
        {
            warnings.Add(
                $"banzai's configuration switches off the verification of {endpoint.Name()}'s certificate (tls-skip-verify): "
                + "whoever sits between can read and change everything, the token included.");
        }
        byte[]? authority = own.Authority is { } pem ? System.Text.Encoding.UTF8.GetBytes(pem) : own.AuthorityFile is { } path ? ReadAuthority(path, "tls-ca-file") : null;
        return Authority(endpoint, authority, $"The certificate authority in '{own.File}'", insecure);
    }

    private static ServerTrust Authority(Uri endpoint, byte[]? authority, string what, bool insecure = false) =>
        ServerTrust.Create(endpoint, serverName: null, authority, insecure, () => new MeshException(
            "CertificateAuthorityInvalid", FailureKind.InvalidInput, $"{what} holds no certificate in PEM form.",
            "Give a file that has a line '-----BEGIN CERTIFICATE-----'.", what));

    private static byte[] ReadAuthority(string path, string what)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("CertificateAuthorityUnreadable", e is FileNotFoundException or DirectoryNotFoundException ? FailureKind.NotFound : FailureKind.InvalidInput,
                $"{what} '{path}' cannot be read: {e.Message}", "Correct the path.", path, e);
        }
    }

    private static byte[] Fingerprint(string text, string file)
    {
        string digits = text.Replace(":", "", StringComparison.Ordinal);
        return digits.Length == 2 * SHA256.HashSizeInBytes && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw new MeshException("CertificateFingerprintInvalid", FailureKind.InvalidInput, $"pipeline.tls-fingerprint in '{file}' is not a SHA-256 of {2 * SHA256.HashSizeInBytes} hexadecimal digits.",
                "Log in with banzai again, or give -CertificateAuthority.", file);
    }

    /// <summary>Where regions and instance types are known: as configured, else beside a Pipeline that is installed with everything that belongs to it.</summary>
    private static Uri? CloudInfoOf(BanzaiConfig own, Uri endpoint) =>
        own.CloudInfo is { } configured && Uri.TryCreate(configured.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" ? address
        : endpoint.AbsolutePath == "/pipeline/" ? new Uri(endpoint, "/cloudinfo/api/v1/")
        : null;
}
