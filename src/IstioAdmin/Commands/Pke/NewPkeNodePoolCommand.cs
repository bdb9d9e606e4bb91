using System.Collections;
using System.Globalization;
using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Requests;

namespace IstioAdmin.Commands;

/// <summary>Describes a node pool for New-PkeCluster and Set-PkeCluster. Nothing is made by it.</summary>
[Cmdlet(VerbsCommon.New, "PkeNodePool"), OutputType(typeof(PkeNodePool))]
public sealed class NewPkeNodePoolCommand : AsyncCommand
{
    /// <summary>Name, unique in the cluster.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>What the machines are for.</summary>
    [Parameter(Position = 1)]
    [ValidateSet("master", "worker", "system", "pipeline-system", IgnoreCase = true)]
    [ValidateNotNullOrEmpty]
    public string[] Role { get; set; } = ["worker"];

    /// <summary>The cloud, when the pool is for one only.</summary>
    [Parameter]
    [ValidateSet("amazon", "azure", "vsphere")]
    public string? Provider { get; set; }

    /// <summary>The cloud's name for the kind of machine.</summary>
    [Parameter(Position = 2)]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    [ValidateNotNullOrEmpty]
    public string? InstanceType { get; set; }

    /// <summary>Availability zones.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ZoneCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Zone { get; set; } = [];

    /// <summary>Subnets: identifiers on Amazon, a name on Azure.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Subnet { get; set; } = [];

    /// <summary>Address range of a subnet that is to be made (Azure).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SubnetCidr { get; set; }

    /// <summary>The fewest machines; as many as wanted by default.</summary>
    [Parameter]
    public int? MinCount { get; set; }

    /// <summary>The most machines; as many as wanted by default.</summary>
    [Parameter]
    public int? MaxCount { get; set; }

    /// <summary>Machines wanted; the fewest, or 1, by default.</summary>
    [Parameter]
    [Alias("DesiredCount", "Size")]
    public int? Count { get; set; }

    /// <summary>Let Kubernetes' cluster autoscaler change the number between least and most.</summary>
    [Parameter]
    public SwitchParameter Autoscaling { get; set; }

    /// <summary>Highest price per hour for spot machines (Amazon).</summary>
    [Parameter]
    public string? SpotPrice { get; set; }

    /// <summary>Labels of the nodes.</summary>
    [Parameter]
    public IDictionary? Label { get; set; }

    /// <summary>Name of the launch configuration (Amazon); the pool's name by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LaunchConfiguration { get; set; }

    /// <summary>Machine image (Amazon) or template (vSphere).</summary>
    [Parameter]
    [Alias("Template")]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>Size of the root volume in GiB (Amazon).</summary>
    [Parameter]
    public int? VolumeSize { get; set; }

    /// <summary>Network of the machines (Amazon).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? VpcId { get; set; }

    /// <summary>Security group of the machines (Amazon).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SecurityGroupId { get; set; }

    /// <summary>Tags of the machines at the cloud (Amazon).</summary>
    [Parameter]
    public IDictionary? Tag { get; set; }

    /// <summary>Processors of each machine (vSphere).</summary>
    [Parameter]
    public int? Vcpu { get; set; }

    /// <summary>Memory of each machine in MiB (vSphere).</summary>
    [Parameter]
    public int? Ram { get; set; }

    /// <summary>User for whom the generated SSH key is deployed (vSphere).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AdminUsername { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        int count = Count ?? MinCount ?? Math.Min(1, MaxCount ?? 1);
        WriteObject(PkeNodePools.Checked(new PkeNodePool
        {
            Name = Name,
            Roles = [.. Role.Select(role => role.ToLowerInvariant()).Distinct()],
            Provider = Provider?.ToLowerInvariant(),
            InstanceType = InstanceType,
            Zones = [.. Zone],
            Subnets = [.. Subnet],
            SubnetCidr = SubnetCidr,
            Count = count,
            MinCount = MinCount ?? count,
            MaxCount = MaxCount ?? count,
            Autoscaling = Autoscaling,
            SpotPrice = SpotPrice,
            Labels = Texts(Label, "-Label"),
            LaunchConfigurationName = LaunchConfiguration,
            Image = Image,
            VolumeSize = VolumeSize,
            VpcId = VpcId,
            SecurityGroupId = SecurityGroupId,
            Tags = Texts(Tag, "-Tag"),
            Vcpu = Vcpu,
            Ram = Ram,
            AdminUsername = AdminUsername,
        }));
        return Task.CompletedTask;
    }

    /// <summary>A cluster must not be made of the pools that are left.</summary>
    protected override bool IsTerminating(Exception failure) => true;

    private static Dictionary<string, string> Texts(IDictionary? map, string what)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in map ?? new Hashtable())
        {
            string key = Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            texts[key] = (entry.Value is PSObject shown ? shown.BaseObject : entry.Value) switch
            {
                null => "",
                bool flag => flag ? "true" : "false",
                IConvertible value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
                var other => throw new MeshException("LabelInvalid", FailureKind.InvalidInput, $"{what} '{key}' is a {other.GetType().Name}, not text.", "Give a hashtable of texts.", key),
            };
        }
        return texts;
    }
}
