using System.Management.Automation;
using System.Net;
using System.Security;
using IstioAdmin.Completion;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Connecting;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Commands;

/// <summary>Connects to Banzai Cloud Pipeline and makes it the current one.</summary>
[Cmdlet(VerbsCommunications.Connect, "Pipeline", DefaultParameterSetName = FromEndpoint), OutputType(typeof(PipelineConnection))]
public sealed class ConnectPipelineCommand : AsyncCommand
{
    private const string FromEndpoint = "Endpoint";
    private const string FromConnected = "Pipeline";

    /// <summary>Base address of Pipeline; that of banzai's configuration by default.</summary>
    [Parameter(Position = 0, ParameterSetName = FromEndpoint, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Endpoint { get; set; }

    /// <summary>The token; $env:PIPELINE_TOKEN by default, else that of banzai's configuration when it is for the same endpoint.</summary>
    [Parameter(ParameterSetName = FromEndpoint, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <summary>Name of the organization; the only one, or that of banzai's configuration, by default.</summary>
    [Parameter(Position = 1, ParameterSetName = FromEndpoint)]
    [ArgumentCompleter(typeof(OrganizationCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Organization { get; set; }

    /// <summary>File with the certificates, in PEM, of the authorities that Pipeline's certificate may come from.</summary>
    [Parameter(ParameterSetName = FromEndpoint, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? CertificateAuthority { get; set; }

    /// <summary>Banzai's configuration file; $env:BANZAICONFIG by default, else ~/.banzai/config.yaml.</summary>
    [Parameter(ParameterSetName = FromEndpoint)]
    [ValidateNotNullOrEmpty]
    public string? Configuration { get; set; }

    /// <summary>Name by which other cmdlets know the connection; organization and host by default.</summary>
    [Parameter(ParameterSetName = FromEndpoint)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Seconds to wait for each answer while connecting.</summary>
    [Parameter(ParameterSetName = FromEndpoint)]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 10;

    /// <summary>A Pipeline that is connected already, to make it the current one.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromConnected)]
    [ConnectedPipeline]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    public PipelineConnection? Pipeline { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        PipelineConnection pipeline = Pipeline ?? await PipelineConnector.ConnectAsync(Options, Reporter, cancel);
        ConnectedPipelines.Known.Add(pipeline);
        WriteObject(ConnectedPipelines.ForDisplay(pipeline));
    }

    /// <summary>What follows a connection depends on it.</summary>
    protected override bool IsTerminating(Exception failure) => true;

    private PipelineOptions Options => new()
    {
        Endpoint = Endpoint,
        Token = Token is { } secret ? new NetworkCredential("", secret).Password : null,
        Organization = Organization,
        CertificateAuthority = CertificateAuthority is { } authority ? FilePath.Of(SessionState, authority, "-CertificateAuthority") : null,
        Configuration = Configuration is { } file ? FilePath.Of(SessionState, file, "-Configuration") : null,
        Name = Name,
        Timeout = TimeSpan.FromSeconds(Timeout),
    };
}
