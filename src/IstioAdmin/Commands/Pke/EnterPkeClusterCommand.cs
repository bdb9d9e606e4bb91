using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Shells;

namespace IstioAdmin.Commands;

/// <summary>Starts a shell, or runs a program, in which KUBECONFIG leads to a cluster.</summary>
[Cmdlet(VerbsCommon.Enter, "PkeCluster", DefaultParameterSetName = ByName), OutputType(typeof(string))]
public sealed class EnterPkeClusterCommand : PkeClusterCommand
{
    private readonly List<PkeCluster> _clusters = [];

    /// <summary>A program to run; the user's shell by default.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Command { get; set; }

    /// <summary>Arguments of the program.</summary>
    [Parameter(Position = 2, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>Use the configuration for a personal login through OpenID Connect.</summary>
    [Parameter]
    public SwitchParameter OidcConfig { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync((cluster, _) =>
    {
        _clusters.Add(cluster);
        return Task.CompletedTask;
    }, cancel);

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        if (Command is null && _clusters.Count > 1)
        {
            throw new MeshException("PkeClusterAmbiguous", FailureKind.InvalidInput, $"A shell is for one cluster, and {_clusters.Count} were named: {string.Join(", ", _clusters)}.",
                "Name one, or give a -Command to run for each of them.");
        }
        foreach (PkeCluster cluster in _clusters)
        {
            int code = await ClusterShell.RunAsync(cluster, new ClusterShellOptions
            {
                Command = Command,
                Arguments = ArgumentList,
                Oidc = OidcConfig,
                Directory = SessionState.Path.CurrentFileSystemLocation.ProviderPath,
                Interactive = !Console.IsInputRedirected,
                // A shell has the terminal to itself; what a program prints can be piped on.
                Output = Command is null ? null : line => WriteObject(line),
            }, cancel);
            SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        }
    }
}
