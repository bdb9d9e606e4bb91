using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Completion;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Changes;
using IstioAdmin.Core.Pke.Hosts;
using IstioAdmin.Core.Pke.Requests;
using IstioAdmin.Core.Pke.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Creates a cluster through Pipeline, and waits until it runs.</summary>
[Cmdlet(VerbsCommon.New, "PkeCluster", SupportsShouldProcess = true, DefaultParameterSetName = FromPools), OutputType(typeof(PkeCluster), typeof(HostCluster), typeof(string))]
public sealed partial class NewPkeClusterCommand : PipelineCommand
{
    private const string FromPools = "NodePool";
    private const string FromRequest = "Request";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<PkeNodePool> _pools = [];

    /// <summary>Name, unique in the organization.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = FromPools)]
    [Parameter(Position = 0, ParameterSetName = FromRequest)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = FromHosts)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Node pools, as New-PkeNodePool describes them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public PkeNodePool[] NodePool { get; set; } = [];

    /// <summary>The cloud.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateSet("amazon", "azure", "vsphere")]
    public string Cloud { get; set; } = "amazon";

    /// <summary>Region of the cloud; vSphere has none.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ArgumentCompleter(typeof(LocationCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Location { get; set; }

    /// <summary>Name of the secret with which Pipeline logs in to the cloud.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ArgumentCompleter(typeof(SecretCompleter))]
    [ValidateNotNullOrEmpty]
    public string? SecretName { get; set; }

    /// <summary>Identifier of that secret, instead of its name.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? SecretId { get; set; }

    /// <summary>Identifier of a secret with the SSH key for the machines; Pipeline makes one by default.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? SshSecretId { get; set; }

    /// <summary>Version of Kubernetes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? KubernetesVersion { get; set; }

    /// <summary>Container runtime.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateSet("containerd", "docker")]
    public string Runtime { get; set; } = "containerd";

    /// <summary>Whether the API server asks RBAC.</summary>
    [Parameter(ParameterSetName = FromPools)]
    public bool Rbac { get; set; } = true;

    /// <summary>Let people log in through OpenID Connect.</summary>
    [Parameter(ParameterSetName = FromPools)]
    public SwitchParameter Oidc { get; set; }

    /// <summary>Network of the pods; Pipeline's default when not given.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateSet("weave", "calico", "cilium")]
    public string? NetworkProvider { get; set; }

    /// <summary>Address range of pods.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? PodCidr { get; set; }

    /// <summary>Address range of services.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromHosts)]
    [Parameter(ParameterSetName = FromLocal)]
    [ValidateNotNullOrEmpty]
    public string? ServiceCidr { get; set; }

    /// <summary>What Pipeline does once the cluster runs: names of hooks, or a hashtable with their parameters (Amazon).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNull]
    public object? PostHook { get; set; }

    /// <summary>How Pipeline scales the cluster as a whole (Amazon): enabled, desiredCpu, desiredMem, onDemandPct and others.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNull]
    public object? ScaleOption { get; set; }

    /// <summary>Group of everything that is made (Azure).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? ResourceGroup { get; set; }

    /// <summary>Name of the virtual network (Azure).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? NetworkName { get; set; }

    /// <summary>Address range of a virtual network that is to be made (Azure).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? NetworkCidr { get; set; }

    /// <summary>Where load balancers are made (Azure).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateSet("private", "public")]
    public string[] AccessPoint { get; set; } = [];

    /// <summary>Which access points lead to the API server (Azure).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateSet("private", "public")]
    public string[] ApiServerAccessPoint { get; set; } = [];

    /// <summary>Folder of the machines (vSphere).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>Datastore of their disks (vSphere).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? Datastore { get; set; }

    /// <summary>Resource pool of the machines (vSphere).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? ResourcePool { get; set; }

    /// <summary>Addresses for load balancers, as first-last (vSphere).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? LoadBalancerIPRange { get; set; }

    /// <summary>Name of the secret for storage classes (vSphere).</summary>
    [Parameter(ParameterSetName = FromPools)]
    [ValidateNotNullOrEmpty]
    public string? StorageSecretName { get; set; }

    /// <summary>The request itself, for what the parameters do not have: a hashtable, JSON or YAML, or the path of a file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromRequest)]
    [ValidateNotNull]
    public object? Request { get; set; }

    /// <summary>Print the request instead of sending it. The secret's name is not looked up.</summary>
    [Parameter(ParameterSetName = FromPools)]
    [Parameter(ParameterSetName = FromRequest)]
    public SwitchParameter AsJson { get; set; }

    /// <summary>Seconds to wait; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 1800;

    /// <summary>Return as soon as the request is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        _pools.AddRange(NodePool);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        if (ParameterSetName is FromHosts or FromLocal)
        {
            await MakeOfHostsAsync(cancel);
            return;
        }
        if (AsJson)
        {
            WriteObject((ParameterSetName == FromRequest ? Raw() : PkeCreation.Body(Order())).ToJsonString(Indented));
            return;
        }
        PipelineConnection pipeline = RequirePipeline();
        JsonObject body = ParameterSetName == FromRequest
            ? Raw()
            : PkeCreation.Body(await PkeCreation.ResolveAsync(pipeline, Order(), Reporter, cancel));
        PkeCluster? cluster = await PkeCreation.FindExistingAsync(pipeline, body, cancel);
        if (cluster is not null)
            WriteVerbose($"Cluster '{cluster.Name}' is there already, as asked for ({cluster.StatusText}).");
        else if (ShouldProcess($"{body["name"]} in organization {pipeline.Organization} at {pipeline.Endpoint}", "Create cluster"))
            cluster = (await PkeCreation.CreateAsync(pipeline, body, Reporter, cancel)).Cluster;
        else
            return;
        WriteObject(NoWait
            ? cluster
            : await WaitAsync(cluster, cluster.Status, token => PkeWait.UntilRunningAsync(cluster, TimeSpan.FromSeconds(Timeout), Reporter, token), cancel));
    }

    private JsonObject Raw() => PkeCreation.Checked(SpecInput.ReadJson(SessionState, Request, "-Request")!, Name);

    private PkeClusterOrder Order() => new()
    {
        Name = Name!,
        Cloud = Cloud.ToLowerInvariant(),
        Location = Location,
        SecretName = SecretName,
        SecretId = SecretId,
        SshSecretId = SshSecretId,
        KubernetesVersion = KubernetesVersion!,
        Runtime = Runtime.ToLowerInvariant(),
        Rbac = Rbac,
        Oidc = MyInvocation.BoundParameters.ContainsKey(nameof(Oidc)) ? Oidc.IsPresent : null,
        NetworkProvider = NetworkProvider?.ToLowerInvariant(),
        PodCidr = PodCidr,
        ServiceCidr = ServiceCidr,
        NodePools = _pools,
        PostHooks = PkeArguments.PostHooks(SessionState, PostHook),
        ScaleOptions = SpecInput.ReadJson(SessionState, ScaleOption, "-ScaleOption"),
        ResourceGroup = ResourceGroup,
        NetworkName = NetworkName,
        NetworkCidr = NetworkCidr,
        AccessPoints = [.. AccessPoint.Select(point => point.ToLowerInvariant())],
        ApiServerAccessPoints = [.. ApiServerAccessPoint.Select(point => point.ToLowerInvariant())],
        Folder = Folder,
        Datastore = Datastore,
        ResourcePool = ResourcePool,
        LoadBalancerIPRange = LoadBalancerIPRange,
        StorageSecretName = StorageSecretName,
    };
}
