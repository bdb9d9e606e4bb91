using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Redirection;
using IstioAdmin.Core.Redirection.Policies;
using k8s.Models;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Makes pods of drafts: interprets what was read, judges it, and shares equal parts between pods.</summary>
internal sealed class PodAssembler
{
    private const int JudgementCapacity = 4096;

    private readonly string _cluster;
    private readonly KubeClient? _client;
    private readonly MeshContext _context;
    private readonly ValuePool _pool = new();
    private readonly List<string> _names = [];
    private readonly List<(string Name, string Id)> _ids = [];
    private readonly Dictionary<(RedirectionFacts, RedirectionContext), RedirectionExpectation> _judgements = [];

    public PodAssembler(MeshCluster cluster)
        : this(cluster.Name, cluster.Client, cluster.Istio)
    {
    }

    /// <summary>For pods of a cluster that nobody need be connected to.</summary>
    public PodAssembler(string cluster, KubeClient? client, IReadOnlyList<IstioInstallation> installations)
    {
        (_cluster, _client) = (cluster, client);
        _context = new(installations);
    }

    public MeshPod Assemble(PodDraft draft, V1Pod? full = null)
    {
        if (string.IsNullOrEmpty(draft.Name))
            throw new InvalidDataException("a pod has no name");

        ContainerDraft? proxy = draft.Containers.Find(IstioNames.ProxyContainer) ?? draft.InitContainers.Find(IstioNames.ProxyContainer);
        IReadOnlyDictionary<string, string> labels = _pool.Map(draft.Labels);
        IReadOnlyDictionary<string, string> annotations = _pool.Map(draft.Annotations);
        string? version = proxy is null
            ? null
            : _pool.Text(ProxyImage.VersionOf(proxy.Image) ?? ProxyImage.VersionOf(draft.InitContainers.Find(IstioNames.InitContainer)?.Image));
        var facts = new RedirectionFacts
        {
            Namespace = _pool.Text(draft.Namespace) ?? "",
            Containers = Names(draft.Containers),
            InitContainers = Names(draft.InitContainers),
            Phase = _pool.Text(draft.Phase),
            HostNetwork = draft.HostNetwork,
            ProxyType = proxy?.ProxyType,
            DisableEnvoy = proxy?.DisableEnvoy,
            InterceptionMode = annotations.GetValueOrDefault(IstioNames.InterceptionMode) ?? proxy?.InterceptionMode,
            InjectLabel = labels.GetValueOrDefault(IstioNames.Inject),
            InjectAnnotation = annotations.GetValueOrDefault(IstioNames.Inject),
            HasStatusAnnotation = annotations.ContainsKey(IstioNames.Status),
            DataplaneMode = labels.GetValueOrDefault(IstioNames.DataplaneMode),
            AmbientRedirection = annotations.GetValueOrDefault(IstioNames.AmbientRedirection),
        };
        RedirectionExpectation expectation = Judge(facts, _context.For(version, labels.GetValueOrDefault(IstioNames.Revision)));
        return new MeshPod
        {
            Cluster = _cluster,
            Client = _client,
            Namespace = facts.Namespace,
            Name = draft.Name,
            Uid = draft.Uid,
            Node = _pool.Text(draft.Node),
            Phase = facts.Phase,
            PodIPs = Addresses(draft),
            Owner = _pool.Owner(draft.OwnerKind, draft.OwnerName),
            Containers = facts.Containers,
            InitContainers = facts.InitContainers,
            Injected = proxy is { ProxyType: null or "" or "sidecar" } && facts.HasStatusAnnotation,
            RedirectMethod = expectation.Method,
            RedirectionExpected = expectation.Expected,
            RedirectionConditions = expectation.Conditions,
            NetAdmin = NetAdmin(draft),
            ContainerIds = ContainerIdsOf(draft),
            Traffic = Traffic(draft),
            IstioVersion = version,
            Ready = draft.Ready,
            Labels = labels,
            Annotations = annotations,
            FullResource = full,
        };
    }

    // Pods of one workload have the same facts, down to the instances of their lists: one judgement serves them all.
    private RedirectionExpectation Judge(RedirectionFacts facts, RedirectionContext context)
    {
        if (_judgements.TryGetValue((facts, context), out RedirectionExpectation? known))
            return known;
        if (_judgements.Count == JudgementCapacity)
            _judgements.Clear();
        return _judgements[(facts, context)] = RedirectionRules.Judge(facts, context);
    }

    private IReadOnlyList<string> Names(ContainerDrafts containers)
    {
        _names.Clear();
        for (int i = 0; i < containers.Count; i++)
            _names.Add(containers[i].Name);
        return _pool.List(_names);
    }

    private IReadOnlyList<string> NetAdmin(PodDraft draft)
    {
        _names.Clear();
        Add(draft.InitContainers);
        Add(draft.Containers);
        return _pool.List(_names);

        void Add(ContainerDrafts containers)
        {
            for (int i = 0; i < containers.Count; i++)
            {
                if (containers[i].AsksForNetAdmin)
                    _names.Add(containers[i].Name);
            }
        }
    }

    private IReadOnlyDictionary<string, string> ContainerIdsOf(PodDraft draft)
    {
        _ids.Clear();
        _ids.AddRange(draft.InitContainerIds);
        _ids.AddRange(draft.ContainerIds);
        return ContainerIds.Of(_ids, _pool);
    }

    private PodTrafficFacts Traffic(PodDraft draft)
    {
        var containers = new ContainerTraffic[draft.InitContainers.Count + draft.Containers.Count];
        for (int i = 0; i < containers.Length; i++)
        {
            int own = i - draft.InitContainers.Count;
            containers[i] = _pool.Container(own < 0 ? Traffic(draft.InitContainers[i], isInit: true) : Traffic(draft.Containers[own], isInit: false));
        }
        return _pool.Traffic(new() { Containers = containers, RunAsUser = draft.RunAsUser, RunAsGroup = draft.RunAsGroup });
    }

    private ContainerTraffic Traffic(ContainerDraft draft, bool isInit)
    {
        bool isIstioInit = isInit && draft.Name == IstioNames.InitContainer;
        return new()
        {
            Name = _pool.Text(draft.Name)!,
            IsInit = isInit,
            Command = isIstioInit ? _pool.List(draft.Command) : [],
            Arguments = isIstioInit ? _pool.List(draft.Arguments) : [],
            Environment = isIstioInit || draft.Name == IstioNames.ProxyContainer ? _pool.Map(draft.Variables) : MeshPod.EmptyMap,
            Ports = _pool.Ports(draft.Ports),
            RunAsUser = draft.RunAsUser,
            RunAsGroup = draft.RunAsGroup,
        };
    }

    private static string[] Addresses(PodDraft draft) => draft switch
    {
        { PodIPs.Count: > 0 } => draft.PodIPs.ToArray(),
        { PodIP: { Length: > 0 } single } => [single],
        _ => [],
    };
}
