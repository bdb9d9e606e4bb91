namespace IstioAdmin.Core.Pke.Requests;

/// <summary>What is wrong with an order by the cloud's virtual networks, when it is to be made in one that is there already.</summary>
internal static class NetworkCheck
{
    /// <summary>Adds what is wrong; where the networks cannot be read, the reporter hears that they are not checked.</summary>
    public static async Task CheckAsync(PipelineConnection pipeline, PkeClusterOrder order, Problems problems, IReporter reporter, CancellationToken cancel)
    {
        (string? wanted, string? place) = order.Cloud switch
        {
            "amazon" => (order.NodePools.Select(pool => pool.VpcId).FirstOrDefault(id => id is not null), order.Location),
            "azure" => (order.NetworkName, order.ResourceGroup),
            _ => (null, null),
        };
        if (wanted is null || place is null || order.SecretId is not { } secret)
            return;
        var networks = new PkeNetworks(pipeline, order.Cloud, place, secret);
        try
        {
            IReadOnlyList<PkeNetwork> all = await networks.ListAsync(cancel).ConfigureAwait(false);
            if (all.FirstOrDefault(network => network.Id == wanted) is { } network)
                CheckNetwork(order, network, await networks.SubnetsAsync(network, cancel).ConfigureAwait(false), problems);
            else if (order.Cloud == "amazon")
                problems.Add($"{place} has no network '{wanted}'{(all.Count > 0 ? $", but {string.Join(", ", all)}" : " and no other")}");
            // Azure makes a network that is not there.
        }
        catch (PipelineException e)
        {
            reporter.Detail($"{e.Message.TrimEnd('.')}. Networks and subnets are not checked.");
        }
    }

    private static void CheckNetwork(PkeClusterOrder order, PkeNetwork network, IReadOnlyList<PkeNetwork> subnets, Problems problems)
    {
        if (order.NetworkCidr is { } range && !network.Ranges.Contains(range))
            problems.Add($"network {network} is there already, and its range is {string.Join(", ", network.Ranges)}, not {range}");
        var ranges = AddressRanges.Of(order, problems);
        foreach (string taken in IPv4(network))
            ranges.Add($"network {network}", taken);
        foreach (PkeNodePool pool in order.NodePools)
        {
            foreach (string name in pool.Subnets)
                CheckSubnet(order, pool, name, network, subnets, problems);
        }
        CheckNewSubnets(order, subnets, problems);
    }

    /// <summary>Subnets that are to be made (Azure) must not overlap those that are there.</summary>
    private static void CheckNewSubnets(PkeClusterOrder order, IReadOnlyList<PkeNetwork> subnets, Problems problems)
    {
        var ranges = new AddressRanges(problems);
        foreach (PkeNetwork subnet in subnets)
        {
            foreach (string taken in IPv4(subnet))
                ranges.Add($"subnet '{subnet.Name}'", taken);
        }
        foreach (PkeNodePool pool in order.NodePools.Where(pool => pool is { SubnetCidr: not null, Subnets: [_] }).DistinctBy(pool => pool.Subnets[0]))
        {
            if (subnets.All(subnet => subnet.Name != pool.Subnets[0]))
                ranges.Add($"subnet '{pool.Subnets[0]}'", pool.SubnetCidr);
        }
    }

    private static IEnumerable<string> IPv4(PkeNetwork network) => network.Ranges.Where(text => !text.Contains(':', StringComparison.Ordinal));

    private static void CheckSubnet(PkeClusterOrder order, PkeNodePool pool, string name, PkeNetwork network, IReadOnlyList<PkeNetwork> subnets, Problems problems)
    {
        bool azure = order.Cloud == "azure";
        PkeNetwork? subnet = subnets.FirstOrDefault(subnet => (azure ? subnet.Name : subnet.Id) == name);
        if (subnet is null)
        {
            // Azure makes a subnet that is not there.
            if (!azure)
                problems.Add($"node pool '{pool.Name}': network {network} has no subnet '{name}'{(subnets.Count > 0 ? $", but {string.Join(", ", subnets)}" : "")}");
            return;
        }
        if (azure && pool.SubnetCidr is { } range && !subnet.Ranges.Contains(range))
            problems.Add($"node pool '{pool.Name}': subnet '{name}' is there already, and its range is {string.Join(", ", subnet.Ranges)}, not {range}");
        if (!azure && subnet.Location is { } zone && pool.Zones.Count > 0 && !pool.Zones.Contains(zone))
            problems.Add($"node pool '{pool.Name}': subnet {subnet} lies in zone {zone}, the pool in {string.Join(", ", pool.Zones)}");
    }
}
