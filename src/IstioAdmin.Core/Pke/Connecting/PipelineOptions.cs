namespace IstioAdmin.Core.Pke.Connecting;

/// <summary>Which Pipeline to connect to, and as whom. What is null comes from banzai's own configuration.</summary>
public sealed record PipelineOptions
{
    /// <summary>Base address of Pipeline, for example <c>https://pipeline.example.org/pipeline</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The token to show; null for <c>$PIPELINE_TOKEN</c>, else the one in banzai's configuration when that is for the same endpoint.</summary>
    public string? Token { get; init; }

    /// <summary>Name or number of the organization; null for the configuration's, else the only one there is.</summary>
    public string? Organization { get; init; }

    /// <summary>File with the certificates, in PEM, of the authorities that Pipeline's certificate may come from; null for those that the machine trusts.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The name that the connection goes by; null for organization and host.</summary>
    public string? Name { get; init; }

    /// <summary>Banzai's configuration file; null for <c>$BANZAICONFIG</c>, else <c>~/.banzai/config.yaml</c>.</summary>
    public string? Configuration { get; init; }

    /// <summary>Longest wait for the server's answer, for each request that connecting takes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
