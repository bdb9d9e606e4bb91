using System.Globalization;
using System.Net;
using System.Security;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Validation;
using IstioAdmin.Sandbox.Faults;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Pipeline;
using IstioAdmin.Sandbox.Serving;
using IstioAdmin.Sandbox.Snapshots;

namespace IstioAdmin.Sandbox;

/// <summary>
/// A practice cluster in this process, on loopback only: a Kubernetes API, controllers, nodes and Istio's operators as far as they are modelled. Nothing in
/// it is real: no image runs and no packet flows. Beside it is a Banzai Cloud Pipeline whose clusters are sandboxes, too.
/// </summary>
public sealed class MeshSandbox : IAsyncDisposable
{
    /// <summary>The label by which Get-MeshCluster knows the provider.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Mark = new Dictionary<string, string> { ["sandbox.istioadmin.io/node"] = "true" };

    private static readonly TimeSpan LongestExit = TimeSpan.FromSeconds(10);

    private readonly ServedCluster _cluster;
    private readonly string _folder;
    private readonly SandboxFaults _faults;
    private PipelineHost? _pipeline;
    private SnapshotFile? _file;
    private int _ended;

    private MeshSandbox(ServedCluster cluster, string folder)
    {
        (_cluster, _folder) = (cluster, folder);
        _faults = new SandboxFaults(cluster.Cluster.Faults, cluster.Cluster.Api.Server.Faults);
    }

    /// <summary>Its name.</summary>
    public string Name => _cluster.Name;

    /// <summary>Address of its Kubernetes API, on loopback.</summary>
    public Uri Server => _cluster.Address;

    /// <summary>A file with the kubeconfig, for its owner alone; it goes when the sandbox stops.</summary>
    public string Kubeconfig => System.IO.Path.Combine(_folder, "kubeconfig");

    /// <summary>The file that keeps its state; null when nothing does.</summary>
    public string? Path => _file?.Path;

    /// <summary>How many nodes it has.</summary>
    public int Nodes => _cluster.Cluster.Nodes.All.Count();

    /// <summary>What goes wrong in it at the moment, on demand.</summary>
    public IReadOnlyList<SandboxFault> Faults => _faults.Current;

    /// <summary>Address of its Pipeline, on loopback; null for a cluster that a Pipeline created.</summary>
    public Uri? Endpoint => _pipeline?.Endpoint;

    /// <summary>The token for its Pipeline; null for a cluster that a Pipeline created.</summary>
    public SecureString? Token { get; private set; }

    /// <summary>A file with the certificate of the authority that its Pipeline's certificate is by; it goes when the sandbox stops. Null for a cluster that a Pipeline created.</summary>
    public string? CertificateAuthority => _pipeline is null ? null : System.IO.Path.Combine(_folder, "pipeline-ca.pem");

    /// <summary>The clusters that its Pipeline created, once they can be used; each is a sandbox, too.</summary>
    public IReadOnlyList<MeshSandbox> Clusters => _pipeline?.Clusters ?? [];

    /// <summary>What is served.</summary>
    internal ServedCluster Served => _cluster;

    /// <summary>Starts one, with a Pipeline.</summary>
    /// <param name="options">What it is like.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="MeshException">The options contradict each other.</exception>
    public static async Task<MeshSandbox> StartAsync(MeshSandboxOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Speed > 0))
        {
            throw new MeshException("SandboxSpeedInvalid", FailureKind.InvalidInput, string.Create(CultureInfo.InvariantCulture, $"A Pipeline cannot be {options.Speed} times as fast as a real one."),
                "Give a number above 0.", options.Speed);
        }
        if (options.Name is { } name && NameRules.Label(name).Any())
        {
            throw new MeshException("SandboxNameInvalid", FailureKind.InvalidInput, $"'{name}' cannot be the name of a sandbox.",
                "Give 1 to 63 lower case letters, digits and hyphens, with a letter or digit first and last.", name);
        }
        SnapshotFile? file = options.Path is { } path ? SnapshotFile.Hold(path) : null;
        MeshSandbox sandbox;
        try
        {
            // Those that its Pipeline created are not kept.
            ClusterState? state = file is not null && await file.ReadAsync(cancel).ConfigureAwait(false) is [var first, ..] ? first : null;
            if (state is not null && options.Nodes < state.Nodes)
            {
                throw new MeshException("SandboxNodesFewer", FailureKind.InvalidInput, $"The sandbox in {file!.Path} has {state.Nodes} nodes, which is more than {options.Nodes}.",
                    "Leave -Nodes out, or give at least as many.", options.Nodes);
            }
            sandbox = await StartAsync(new ClusterOptions
            {
                Name = options.Name ?? state?.Name ?? "sandbox",
                Nodes = new NodeOptions { Count = options.Nodes ?? state?.Nodes ?? 3, Labels = Mark },
                State = state,
            }, cancel).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            MeshException unreadable = file!.Unreadable(e.Message, e);
            file.Dispose();
            throw unreadable;
        }
        catch
        {
            file?.Dispose();
            throw;
        }
        try
        {
            sandbox._pipeline = PipelineHost.Start(new PkeTimes(options.Speed));
            sandbox.Token = new NetworkCredential("", sandbox._pipeline.Token).SecurePassword;
            sandbox.Token.MakeReadOnly();
            await File.WriteAllTextAsync(sandbox.CertificateAuthority!, sandbox._pipeline.CertificatePem, cancel).ConfigureAwait(false);
            sandbox.Keep(file);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Starts one without a Pipeline.</summary>
    /// <exception cref="MeshException">The options contradict each other.</exception>
    internal static async Task<MeshSandbox> StartAsync(ClusterOptions options, CancellationToken cancel)
    {
        ServedCluster cluster = await ServedCluster.StartAsync(options, cancel: cancel).ConfigureAwait(false);
        // For its owner alone, as the system makes such folders.
        string folder = Directory.CreateTempSubdirectory("istioadmin-sandbox-").FullName;
        var sandbox = new MeshSandbox(cluster, folder);
        try
        {
            await File.WriteAllTextAsync(sandbox.Kubeconfig, cluster.Kubeconfig, cancel).ConfigureAwait(false);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Brings a fault about, or takes it back.</summary>
    /// <param name="kind">What goes wrong.</param>
    /// <param name="target">The node, the pod as NAMESPACE/NAME, or the image; null where the fault is the whole cluster's.</param>
    /// <param name="detail">The rules or the message; null where there is none to give.</param>
    /// <param name="share">The share of requests, from 0 to 1.</param>
    /// <param name="on">Whether it is to be.</param>
    /// <exception cref="MeshException">
    /// There is no such node or pod (<c>SandboxNodeNotFound</c>, <c>SandboxPodNotFound</c>), the fault wants a target (<c>SandboxFaultTargetMissing</c>) or
    /// lasts no time and so cannot be taken back (<c>SandboxFaultNotLasting</c>), or the rules cannot be read (<c>SandboxRulesInvalid</c>).
    /// </exception>
    public void SetFault(SandboxFaultKind kind, string? target = null, string? detail = null, double share = 1, bool on = true) => _faults.Set(kind, target, detail, share, on);

    /// <summary>Takes all faults back.</summary>
    public void ClearFaults() => _faults.Clear();

    /// <summary>Writes its state to the file that keeps it, as it is now. What its Pipeline created is not in it.</summary>
    /// <exception cref="MeshException">It has no file (<c>SandboxNotKept</c>), or the file cannot be written (<c>SandboxSnapshotNotWritten</c>).</exception>
    public void Save() => SaveAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc cref="Save"/>
    /// <param name="cancel">Gives up; the file stays as it was then.</param>
    public async Task SaveAsync(CancellationToken cancel)
    {
        SnapshotFile file = _file ?? throw new MeshException("SandboxNotKept", FailureKind.InvalidInput, $"Sandbox {Name} keeps its state in no file.", "Start it with -Path.", Name);
        await SaveAsync(file, cancel).ConfigureAwait(false);
    }

    /// <summary>Writes its state, if it has a file, and stops it; when it cannot be written it runs on.</summary>
    /// <exception cref="MeshException">The file cannot be written (<c>SandboxSnapshotNotWritten</c>).</exception>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_file is { } file)
        {
            await SaveAsync(file, cancel).ConfigureAwait(false);
            Release();
        }
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops it and the clusters that its Pipeline created. Its state is written, if it has a file; everything else in them is gone.</summary>
    /// <exception cref="MeshException">The file cannot be written (<c>SandboxSnapshotNotWritten</c>); it is stopped all the same.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_file is { } file)
                await SaveAsync(file, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
            Release();
        }
    }

    private void Keep(SnapshotFile? file)
    {
        _file = file;
        if (file is not null)
            AppDomain.CurrentDomain.ProcessExit += SaveAtExit;
    }

    private void Release()
    {
        AppDomain.CurrentDomain.ProcessExit -= SaveAtExit;
        Interlocked.Exchange(ref _file, null)?.Dispose();
    }

    private async Task SaveAsync(SnapshotFile file, CancellationToken cancel) =>
        await file.WriteAsync([await ClusterState.TakeAsync(_cluster, cancel).ConfigureAwait(false)], cancel).ConfigureAwait(false);

    // Who ends the process without Stop-MeshSandbox wants to find the sandbox again as well.
    private void SaveAtExit(object? sender, EventArgs e)
    {
        if (_file is not { } file)
            return;
        try
        {
            using var late = new CancellationTokenSource(LongestExit);
            SaveAsync(file, late.Token).GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is MeshException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody is left to be told; the file is as it was.
        }
        Release();
    }

    private async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 1)
            return;
        // The token first: a process that ends does not wait for all the rest.
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        if (_pipeline is not null)
            await _pipeline.DisposeAsync().ConfigureAwait(false);
        await _cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Nodes} nodes, nothing in it is real)");
}
