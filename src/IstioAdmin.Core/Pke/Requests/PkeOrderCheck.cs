using System.Net;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Everything about an order that can be known to be wrong before anybody is asked.</summary>
internal static class PkeOrderCheck
{
    /// <exception cref="MeshException">The order cannot be carried out (<c>PkeRequestInvalid</c>); the message names every reason.</exception>
    public static void Check(PkeClusterOrder order)
    {
        PkeCloud cloud = PkeCloud.Named(order.Cloud);
        var problems = new Problems();
        if (PkeNames.WrongCluster(order.Name) is { } wrongName)
            problems.Add(wrongName);
        problems.AddIf(!PkeNames.IsVersion(order.KubernetesVersion), $"'{order.KubernetesVersion}' is not a version of Kubernetes such as 1.12.2");
        problems.AddIf(cloud.NeedsLocation && string.IsNullOrWhiteSpace(order.Location), $"a cluster in {cloud.Name} needs a location (-Location)");
        problems.AddIf(order.SecretId is null && order.SecretName is null, "the secret with which Pipeline logs in to the cloud is not named (-SecretName or -SecretId)");
        problems.AddIf(order.SshSecretId is not null && cloud.Type is null && order.SecretId is null, "with a secret for SSH, the cloud's secret has to be known by its identifier (-SecretId)");
        CheckOthers(order, cloud, problems);
        CheckPools(order.NodePools, cloud, problems);
        CheckRanges(order, cloud, problems);
        problems.ThrowIfAny($"Cluster '{order.Name}'", order.Name);
    }

    /// <exception cref="MeshException">The pools cannot be those of a cluster (<c>PkeRequestInvalid</c>).</exception>
    public static void CheckChanged(PkeCluster cluster, IReadOnlyList<PkeNodePool> pools, IReadOnlyList<PkeNodePool> changed)
    {
        PkeCloud cloud = PkeCloud.Named(cluster.Cloud);
        var problems = new Problems();
        foreach (PkeNodePool pool in changed)
            PoolCheck.Check(pool, cloud, problems, isNew: cluster.NodePools.All(existing => existing.Name != pool.Name));
        CheckNames(pools, problems);
        foreach (PkeNodePool pool in changed)
        {
            if (pool.InstanceType is { } type && cluster.NodePools.FirstOrDefault(existing => existing.Name == pool.Name)?.InstanceType is { } has && has != type)
                problems.Add($"node pool '{pool.Name}' has machines of type {has}, which stay; for {type} add another pool and remove this one");
        }
        problems.ThrowIfAny($"Cluster '{cluster.Name}'", cluster.Name, "changed");
    }

    private static void CheckOthers(PkeClusterOrder order, PkeCloud cloud, Problems problems)
    {
        bool azure = cloud.Name == "azure", vsphere = cloud.Name == "vsphere", amazon = cloud.Name == "amazon";
        problems.AddIf(azure && string.IsNullOrWhiteSpace(order.ResourceGroup), "a cluster in azure needs a resource group (-ResourceGroup)");
        problems.AddIf(!azure && order.ResourceGroup is not null, $"{cloud.Name} has no resource groups");
        problems.AddIf(!azure && (order.NetworkName is not null || order.NetworkCidr is not null), $"the network of a cluster in {cloud.Name} is named by its pools, not by the cluster");
        problems.AddIf(!azure && (order.AccessPoints.Count > 0 || order.ApiServerAccessPoints.Count > 0), $"{cloud.Name} has no access points");
        problems.AddIf(!vsphere && (order.Folder ?? order.Datastore ?? order.ResourcePool ?? order.LoadBalancerIPRange ?? order.StorageSecretName) is not null,
            $"folder, datastore, resource pool, storage secret and range of load balancers are for vsphere, not for {cloud.Name}");
        problems.AddIf(vsphere && order.Location is not null, "vsphere has no locations");
        problems.AddIf(!amazon && order.PostHooks is not null, $"post hooks can be given to clusters in amazon only; run them afterwards with Set-PkeCluster");
        problems.AddIf(!amazon && order.ScaleOptions is not null, "scale options are for clusters in amazon only");
        foreach (string point in order.ApiServerAccessPoints.Where(point => order.AccessPoints.Count > 0 && !order.AccessPoints.Contains(point)))
            problems.Add($"the API server's access point '{point}' is not one of the cluster's");
        if (order.LoadBalancerIPRange is { } range && !IsAddressRange(range))
            problems.Add($"'{range}' is not a range of addresses such as 192.168.23.150-192.168.23.180");
    }

    private static void CheckPools(IReadOnlyList<PkeNodePool> pools, PkeCloud cloud, Problems problems)
    {
        foreach (PkeNodePool pool in pools)
            PoolCheck.Check(pool, cloud, problems, isNew: true);
        CheckNames(pools, problems);
        PkeNodePool[] masters = [.. pools.Where(pool => pool.IsMaster)];
        if (masters.Length != 1)
        {
            problems.Add(masters.Length == 0
                ? "no node pool has the role master; exactly one must"
                : $"{masters.Length} node pools have the role master ({string.Join(", ", masters.Select(pool => pool.Name))}); exactly one must");
        }
        problems.AddIf(pools.Count > 1 && !pools.Any(pool => pool.Roles.Any(role => role != "master")), "no node pool has a role for workloads (worker)");
        if (cloud.Name == "amazon")
            CheckPlaces(pools, problems);
    }

    /// <remarks>Source: banzaicloud/pipeline <c>internal/providers/pke/pkeworkflow/create_cluster.go</c>, which fails when machines are to be made already.</remarks>
    private static void CheckPlaces(IReadOnlyList<PkeNodePool> pools, Problems problems)
    {
        foreach (PkeNodePool pool in pools.Where(pool => pool.Zones.Count == 0 && (pool.IsMaster || pool.Subnets.Count == 0)))
            problems.Add($"node pool '{pool.Name}': it is in no availability zone (-Zone){(pool.IsMaster ? "" : " and no subnet (-Subnet)")}");
        string[] networks = [.. pools.Select(pool => pool.VpcId).OfType<string>().Distinct()];
        problems.AddIf(networks.Length > 1, $"the node pools are in several networks ({string.Join(", ", networks)}); a cluster has one");
        if (networks.Length == 0 && pools.FirstOrDefault(pool => pool.Subnets.Count > 0) is { } placed)
            problems.Add($"node pool '{placed.Name}': its subnets belong to a network that no pool names (-VpcId)");
    }

    private static void CheckNames(IReadOnlyList<PkeNodePool> pools, Problems problems)
    {
        foreach (IGrouping<string, PkeNodePool> same in pools.GroupBy(pool => pool.Name).Where(group => group.Count() > 1))
            problems.Add($"{same.Count()} node pools are named '{same.Key}'");
    }

    private static void CheckRanges(PkeClusterOrder order, PkeCloud cloud, Problems problems)
    {
        var ranges = AddressRanges.Of(order, problems);
        bool open = order.NetworkName is null && order.NetworkCidr is null && order.NodePools.All(pool => pool.VpcId is null);
        IPNetwork? network = ranges.Add(open ? "the network that Pipeline makes" : "the network's range", open ? cloud.MadeNetwork : order.NetworkCidr);
        foreach (IGrouping<string, PkeNodePool> subnet in order.NodePools.Where(pool => pool.SubnetCidr is not null).GroupBy(pool => pool.Subnets is [var name, ..] ? name : pool.Name))
        {
            string[] texts = [.. subnet.Select(pool => pool.SubnetCidr!).Distinct()];
            if (texts.Length > 1)
                problems.Add($"subnet '{subnet.Key}' is given several ranges: {string.Join(", ", texts)}");
            else
                ranges.Add($"subnet '{subnet.Key}'", texts[0], network);
        }
    }

    private static bool IsAddressRange(string text) =>
        text.Split('-') is [var first, var last] && IPAddress.TryParse(first.Trim(), out IPAddress? from) && IPAddress.TryParse(last.Trim(), out IPAddress? to)
        && from.AddressFamily == to.AddressFamily && from.GetAddressBytes().AsSpan().SequenceCompareTo(to.GetAddressBytes()) <= 0;
}
