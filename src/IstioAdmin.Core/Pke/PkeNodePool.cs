namespace IstioAdmin.Core.Pke;

/// <summary>
/// Machines of one kind: as <c>New-PkeNodePool</c> describes a pool to be made, or as Pipeline tells of one that is there. Pipeline
/// tells less than it was given: no roles and no places.
/// </summary>
public sealed record PkeNodePool
{
    /// <summary>Name, unique in the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>What the machines are for: <c>master</c>, <c>worker</c>, <c>pipeline-system</c> (Amazon) or <c>system</c> (Azure, vSphere). Empty when unknown.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The cloud: <c>amazon</c>, <c>azure</c> or <c>vsphere</c>; null when any will do.</summary>
    public string? Provider { get; init; }

    /// <summary>The cloud's name for the kind of machine; null on vSphere.</summary>
    public string? InstanceType { get; init; }

    /// <summary>Availability zones.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    /// <summary>Subnets: identifiers on Amazon, one name on Azure.</summary>
    public IReadOnlyList<string> Subnets { get; init; } = [];

    /// <summary>The address range of a subnet that is to be made (Azure).</summary>
    public string? SubnetCidr { get; init; }

    /// <summary>The fewest machines.</summary>
    public int? MinCount { get; init; }

    /// <summary>The most machines.</summary>
    public int? MaxCount { get; init; }

    /// <summary>Machines wanted now, or there are now.</summary>
    public int? Count { get; init; }

    /// <summary>Whether Kubernetes' cluster autoscaler may change the number between least and most.</summary>
    public bool Autoscaling { get; init; }

    /// <summary>Highest price per hour for spot machines, in the cloud's currency; null or empty for machines on demand.</summary>
    public string? SpotPrice { get; init; }

    /// <summary>Labels of the pool's nodes.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Name of the launch configuration (Amazon); the pool's name when null.</summary>
    public string? LaunchConfigurationName { get; init; }

    /// <summary>Machine image (Amazon) or template (vSphere); null for the one that fits the version.</summary>
    public string? Image { get; init; }

    /// <summary>Size of the root volume in GiB (Amazon); null or 0 for what the image needs.</summary>
    public int? VolumeSize { get; init; }

    /// <summary>Network of the machines (Amazon); null to let Pipeline make one.</summary>
    public string? VpcId { get; init; }

    /// <summary>Security group of the machines (Amazon); null to let Pipeline make one.</summary>
    public string? SecurityGroupId { get; init; }

    /// <summary>Tags of the machines at the cloud (Amazon).</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Processors of each machine (vSphere).</summary>
    public int? Vcpu { get; init; }

    /// <summary>Memory of each machine in MiB (vSphere).</summary>
    public int? Ram { get; init; }

    /// <summary>User for whom the generated SSH key is deployed (vSphere).</summary>
    public string? AdminUsername { get; init; }

    /// <summary>Processors and memory of each of its nodes, by their names, as far as Pipeline tells.</summary>
    public IReadOnlyDictionary<string, PkeResources> NodeResources { get; init; } = new Dictionary<string, PkeResources>();

    /// <summary>Whether its machines carry the control plane.</summary>
    public bool IsMaster => Roles.Contains("master", StringComparer.Ordinal);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
