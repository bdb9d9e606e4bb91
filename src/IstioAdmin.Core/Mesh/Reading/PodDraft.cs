namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// A pod as it is being read: the fields that matter, from whichever format, and nothing else. One draft serves all pods of a list.
/// </summary>
internal sealed class PodDraft
{
    private readonly PodSelection _selection;

    public PodDraft(PodSelection selection) => _selection = selection;

    public string? Name { get; set; }

    public string? Namespace { get; set; }

    public string? Uid { get; set; }

    public string? OwnerKind { get; set; }

    public string? OwnerName { get; set; }

    public List<(string Name, string Value)> Labels { get; } = [];

    public List<(string Name, string Value)> Annotations { get; } = [];

    public string? Node { get; set; }

    public bool HostNetwork { get; set; }

    public long? RunAsUser { get; set; }

    public long? RunAsGroup { get; set; }

    public ContainerDrafts Containers { get; } = new();

    public ContainerDrafts InitContainers { get; } = new();

    public string? Phase { get; set; }

    public bool Ready { get; set; }

    public string? PodIP { get; set; }

    public List<string> PodIPs { get; } = [];

    public List<(string Name, string Value)> ContainerIds { get; } = [];

    public List<(string Name, string Value)> InitContainerIds { get; } = [];

    /// <summary>
    /// Whether the selection leaves this pod out, as far as is known by now. Metadata comes first from a real server, so that
    /// the readers can skip the rest of such a pod.
    /// </summary>
    public bool IsLeftOut =>
        (Namespace is { } ns && _selection.NamespaceFilter is { } byNamespace && !byNamespace(ns))
        || (Name is { } name && _selection.NameFilter is { } byName && !byName(name));

    /// <summary>Whether a label's value is worth reading.</summary>
    public static bool WantsLabel(string name) =>
        name is "app" or "version" or "app.kubernetes.io/name" or "app.kubernetes.io/version" || WantsAnnotation(name);

    /// <summary>Whether an annotation's value is worth reading: its prefix is istio.io or a subdomain.</summary>
    public static bool WantsAnnotation(string name)
    {
        int slash = name.IndexOf('/');
        return slash >= 8 && name.AsSpan(0, slash).EndsWith("istio.io", StringComparison.Ordinal) && (slash == 8 || name[slash - 9] == '.');
    }

    public void AddCondition(string? type, string? status)
    {
        if (type == "Ready")
            Ready = status == "True";
    }

    public void AddAddress(string? address)
    {
        if (!string.IsNullOrEmpty(address))
            PodIPs.Add(address);
    }

    /// <summary>A container that has not been started has no id yet.</summary>
    public static void AddContainerId(List<(string Name, string Value)> ids, string? container, string? id)
    {
        if (container is not null && !string.IsNullOrEmpty(id))
            ids.Add((container, id));
    }

    public void Clear()
    {
        Name = Namespace = Uid = OwnerKind = OwnerName = Node = Phase = PodIP = null;
        HostNetwork = Ready = false;
        RunAsUser = RunAsGroup = null;
        Labels.Clear();
        Annotations.Clear();
        Containers.Clear();
        InitContainers.Clear();
        PodIPs.Clear();
        ContainerIds.Clear();
        InitContainerIds.Clear();
    }
}
