using System.ComponentModel;
using IstioAdmin.Core.Files;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting.Credentials;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Operators.Helm;

/// <summary>
/// The <c>helm</c> that is on PATH, pointed at a connected cluster. It reads the same kubeconfig files and context as the connection did, so no
/// credential is copied anywhere, and tokens that are renewed stay so.
/// </summary>
internal sealed class HelmProgram
{
    /// <summary>The first version in which charts from OCI registries need no experimental switch (helm/helm, release notes of v3.8.0).</summary>
    private static readonly Version Oldest = new(3, 8);

    private readonly string _path;
    private readonly KubeEndpoint _endpoint;

    private HelmProgram(string path, KubeEndpoint endpoint, Version version)
    {
        _path = path;
        _endpoint = endpoint;
        Version = version;
    }

    /// <summary>Its version.</summary>
    public Version Version { get; }

    /// <summary>Whether it can take over objects of other owners (helm/helm, release notes of v3.17.0).</summary>
    public bool TakesOwnership => Version >= new Version(3, 17);

    /// <summary>Whether a dry run can ask the server (helm/helm, release notes of v3.13.0).</summary>
    public bool RehearsesOnServer => Version >= new Version(3, 13);

    /// <summary>Whether it applies on the server, where field managers can conflict (Helm 4).</summary>
    public bool AppliesOnServer => Version.Major >= 4;

    /// <summary>Finds it and asks its version.</summary>
    /// <exception cref="MeshException">It is not there (<c>HelmNotFound</c>), too old (<c>HelmTooOld</c>) or does not work (<c>HelmFailed</c>).</exception>
    public static async Task<HelmProgram> FindAsync(KubeClient client, CancellationToken cancel)
    {
        string path = ExecutableSearch.Find("helm") ?? throw new MeshException("HelmNotFound", FailureKind.NotFound,
            "Installing from a chart takes helm, which is not in PATH.", $"Install Helm {Oldest} or newer (https://helm.sh) and see that it is in PATH.", "helm");
        var unknown = new HelmProgram(path, client.Endpoint, new Version(0, 0));
        string printed = (await unknown.RunAsync(["version", "--short"], withCluster: false, cancel).ConfigureAwait(false)).Trim();
        // Helm 2 calls its own half "Client: v2.17.0+g…".
        string text = printed[(printed.LastIndexOf(' ') + 1)..].TrimStart('v').Split('+', '-')[0];
        if (!Version.TryParse(text, out Version? version))
        {
            throw new MeshException("HelmFailed", FailureKind.InvalidResponse, $"'{path} version' printed '{Excerpt.Of(printed)}', which names no version.",
                "Check that the helm in PATH is the Kubernetes package manager.", path);
        }
        return version >= Oldest
            ? new HelmProgram(path, client.Endpoint, version)
            : throw new MeshException("HelmTooOld", FailureKind.NotSupported, $"'{path}' is Helm {version}; installing from a chart takes {Oldest} or newer.",
                "Install a newer Helm (https://helm.sh) and see that it comes first in PATH.", path);
    }

    /// <summary>Runs a command and returns what it printed.</summary>
    /// <exception cref="MeshException">It failed (<c>HelmFailed</c>); the message has its own words.</exception>
    public Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancel) => RunAsync(arguments, withCluster: true, cancel);

    /// <summary>Runs a command that may say that there is no such release; null then.</summary>
    /// <exception cref="MeshException">It failed otherwise (<c>HelmFailed</c>).</exception>
    public async Task<string?> TryRunAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        ProgramRun run = await StartAsync(arguments, withCluster: true, cancel).ConfigureAwait(false);
        if (run.ExitCode == 0)
            return run.Output;
        return run.Error.Contains("release: not found", StringComparison.Ordinal) ? null : throw Failed(arguments, run);
    }

    private async Task<string> RunAsync(IEnumerable<string> arguments, bool withCluster, CancellationToken cancel)
    {
        ProgramRun run = await StartAsync(arguments, withCluster, cancel).ConfigureAwait(false);
        return run.ExitCode == 0 ? run.Output : throw Failed(arguments, run);
    }

    private async Task<ProgramRun> StartAsync(IEnumerable<string> arguments, bool withCluster, CancellationToken cancel)
    {
        var environment = new Dictionary<string, string>();
        List<string> all = [.. arguments];
        // A kubeconfig that is in no file has to be in one for as long as the program runs.
        using LentFile? lent = withCluster && _endpoint.KubeconfigText is { } text ? LentFile.With(text.Yaml) : null;
        IReadOnlyList<string> kubeconfig = lent is null ? _endpoint.Kubeconfig : [lent.Path];
        if (withCluster && kubeconfig.Count > 0)
        {
            environment["KUBECONFIG"] = string.Join(Path.PathSeparator, kubeconfig);
            all.AddRange(["--kube-context", _endpoint.Context]);
        }
        try
        {
            return await ProgramRun.RunAsync(_path, all, environment, cancel).ConfigureAwait(false);
        }
        catch (Win32Exception e)
        {
            throw new MeshException("HelmFailed", FailureKind.Other, $"'{_path}' could not be started: {e.Message}",
                "Check that it is a program for this machine and that you may run it.", _path, e);
        }
    }

    private MeshException Failed(IEnumerable<string> arguments, ProgramRun run)
    {
        string words = Excerpt.Of(Excerpt.WithoutSecrets(run.Error.Trim()));
        return new MeshException("HelmFailed", FailureKind.Rejected,
            $"helm {string.Join(' ', arguments.TakeWhile(argument => !argument.StartsWith('-')))} failed with exit code {run.ExitCode}"
            + $"{(_endpoint.Server is { } server ? $" ({server})" : "")}: {(words.Length == 0 ? "it said nothing." : words)}",
            Remedy(words), _path);
    }

    private static string Remedy(string words) => words switch
    {
        _ when words.Contains("another operation", StringComparison.Ordinal) => "Somebody else is changing the release, or an earlier run was broken off; -Force clears what is pending.",
        _ when words.Contains("kubeVersion", StringComparison.Ordinal) => "Name a version of the chart for this Kubernetes with -Version.",
        _ when words.Contains("repo", StringComparison.Ordinal) && words.Contains("not found", StringComparison.Ordinal) => "Add the chart's repository with 'helm repo add', or name its address.",
        _ when words.Contains("invalid ownership metadata", StringComparison.Ordinal) => "The objects belong to somebody else; -Force takes them over where Helm is 3.17 or newer.",
        _ => "Helm's own words say what is wrong; the chart and its values decide.",
    };
}
