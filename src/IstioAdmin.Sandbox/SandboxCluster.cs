using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Faults;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Nodes.Exec;
using IstioAdmin.Sandbox.Snapshots;
using IstioAdmin.Sandbox.Traffic;

namespace IstioAdmin.Sandbox;

/// <summary>A cluster within the process: the API, the controllers, and the nodes, put together.</summary>
internal sealed class SandboxCluster : IAsyncDisposable
{
    private readonly EventRecorder _events;
    private readonly Informers _informers;

    private SandboxCluster(
        SandboxApi api, IContainerRuntime runtime, ClusterApi administrator, ClusterFaults faults, ControllerContext context, ClusterControllers controllers, SandboxNodes nodes)
    {
        (Api, Runtime, Administrator, Faults, Controllers, Nodes) = (api, runtime, administrator, faults, controllers, nodes);
        (_informers, _events) = (context.Informers, context.Events);
    }

    /// <summary>The API.</summary>
    public SandboxApi Api { get; }

    /// <summary>The API as the control plane's own parts see it: with all rights, and without the faults that it is told to have.</summary>
    public ClusterApi Administrator { get; }

    /// <summary>What goes wrong on the nodes.</summary>
    public ClusterFaults Faults { get; }

    /// <summary>What runs in the containers.</summary>
    public IContainerRuntime Runtime { get; }

    public ClusterControllers Controllers { get; }

    public SandboxNodes Nodes { get; }

    /// <summary>Starts one.</summary>
    /// <param name="makeApi">Makes the API, given what runs in containers.</param>
    /// <param name="authority">The certificate of the authority that the API's own is by, PEM.</param>
    /// <param name="options">What the nodes are like.</param>
    /// <param name="programs">What runs in pods, asked for when there is an API; null for nothing.</param>
    /// <param name="faults">What goes wrong; null for nothing yet.</param>
    /// <param name="state">The state to begin with; null for a new cluster.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="InvalidDataException">The state cannot be read.</exception>
    public static async Task<SandboxCluster> StartAsync(
        Func<IContainerRuntime, SandboxApi> makeApi, string authority, NodeOptions options, Func<PodPrograms>? programs = null, ClusterFaults? faults = null,
        ClusterState? state = null, CancellationToken cancel = default)
    {
        var runtime = new ContainerRuntime();
        SandboxApi api = makeApi(runtime);
        if (state is not null)
            await state.LoadAsync(api, cancel).ConfigureAwait(false);
        await api.SeedAsync(cancel).ConfigureAwait(false);
        // With all rights, and as one of the control plane's own parts, which faults of the API do not hit.
        var administrator = new ClusterApi(api.CreateClient("system:kube-controller-manager", ApiUser.Masters));
        var informers = new Informers(administrator);
        var events = new EventRecorder(administrator);
        var context = new ControllerContext(administrator, informers, events);
        var known = faults ?? new ClusterFaults();
        var tokens = new AccountTokens(authority, (ns, account, uid, secret) => Task.FromResult(api.Tokens.IssueForSecret(ns, account, uid, secret)));
        var access = new PodAccess(
            (ns, account) => Task.FromResult(new ClusterApi(api.CreateClient(ServiceAccountTokens.NameOf(ns, account), ServiceAccountTokens.Groups(ns)))),
            async (ns, account) => await TokenAsync(api, administrator, ns, account).ConfigureAwait(false));
        var controllers = new ClusterControllers(context, tokens, known);
        var nodes = new SandboxNodes(context, options, known, access, programs?.Invoke() ?? new PodPrograms());
        runtime.Attach(nodes, administrator, new PodPorts(new MeshTraffic(nodes, informers, administrator)));
        var cluster = new SandboxCluster(api, runtime, administrator, known, context, controllers, nodes);
        try
        {
            // Before anybody works: what goes wrong on a node is in its files as well.
            var wrong = new SandboxFaults(known, api.Server.Faults);
            state?.Apply(wrong, ofApi: false);
            foreach ((string node, JsonNode? files) in state?.Files ?? [])
            {
                if (nodes.All.FirstOrDefault(one => one.Name == node) is { } found && files is JsonArray saved)
                    found.Files.Restore(saved);
            }
            await controllers.StartAsync(cancel).ConfigureAwait(false);
            await nodes.StartAsync(state?.Pods, cancel).ConfigureAwait(false);
            state?.Apply(wrong, ofApi: true);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Nodes.DisposeAsync().ConfigureAwait(false);
        await Controllers.DisposeAsync().ConfigureAwait(false);
        await _informers.DisposeAsync().ConfigureAwait(false);
        await _events.DisposeAsync().ConfigureAwait(false);
        Administrator.Dispose();
    }

    private static async Task<string> TokenAsync(SandboxApi api, ClusterApi administrator, string ns, string account)
    {
        var found = await administrator.GetAsync($"api/v1/namespaces/{ns}/serviceaccounts/{account}").ConfigureAwait(false);
        return api.Tokens.Issue(ns, account, Meta.Uid(found), TimeSpan.FromDays(365), []).Token;
    }
}
