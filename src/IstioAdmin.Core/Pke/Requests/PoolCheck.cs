namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Everything about one node pool that can be known to be wrong before anybody is asked.</summary>
internal static class PoolCheck
{
    /// <exception cref="MeshException">The pool cannot be one of any cluster (<c>PkeRequestInvalid</c>); the message names every reason.</exception>
    public static void Check(PkeNodePool pool)
    {
        var problems = new Problems();
        Check(pool, pool.Provider is { } cloud ? PkeCloud.Named(cloud) : null, problems, isNew: true, alone: true);
        problems.ThrowIfAny($"Node pool '{pool.Name}'", pool.Name);
    }

    /// <summary>Adds what is wrong with a pool.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="cloud">The cloud; null when it is not known yet.</param>
    /// <param name="problems">What is wrong.</param>
    /// <param name="isNew">Whether it is to be made; a pool that is there says less of itself.</param>
    /// <param name="alone">Whether it is the only thing that is checked, so that its name need not be said.</param>
    public static void Check(PkeNodePool pool, PkeCloud? cloud, Problems problems, bool isNew, bool alone = false)
    {
        void Wrong(bool wrong, string what) => problems.AddIf(wrong, alone ? what : $"node pool '{pool.Name}': {what}");

        if (PkeNames.WrongPool(pool.Name) is { } name)
            Wrong(true, name);
        if (pool.Provider is not null && cloud is not null && pool.Provider != cloud.Name)
            Wrong(true, $"it is for {pool.Provider}, the cluster for {cloud.Name}");
        Wrong(isNew && pool.Roles.Count == 0, "it has no role");
        foreach (string role in pool.Roles.Where(role => role is not ("master" or "worker" or "system" or "pipeline-system")))
            Wrong(true, $"'{role}' is not a role; there are master, worker and system");
        CheckMachines(pool, cloud, Wrong, isNew);
        CheckSize(pool, cloud, Wrong);
        Wrong(pool.SpotPrice is { } price && !PkeNames.IsPrice(price), $"'{pool.SpotPrice}' is not a price such as 0.2");
        foreach ((string key, string value) in pool.Labels)
        {
            if (PkeNames.WrongLabel(key, value) is { } label)
                Wrong(true, label);
        }
    }

    private static void CheckMachines(PkeNodePool pool, PkeCloud? cloud, Action<bool, string> wrong, bool isNew)
    {
        bool vsphere = cloud?.Name == "vsphere", azure = cloud?.Name == "azure", amazon = cloud?.Name == "amazon";
        wrong(isNew && cloud is not null && !vsphere && string.IsNullOrWhiteSpace(pool.InstanceType), "it has no instance type");
        wrong(vsphere && pool.InstanceType is not null, "vsphere has no instance types; give processors and memory");
        wrong(isNew && vsphere && pool.Vcpu is null or < 1, "it says no number of processors");
        wrong(isNew && vsphere && pool.Ram is null or < 512, "it says no memory, or less than 512 MiB");
        wrong(cloud is not null && !vsphere && (pool.Vcpu ?? pool.Ram) is not null && isNew, $"machines of {cloud?.Name} are chosen by instance type, not by processors and memory");
        wrong(!amazon && cloud is not null && isNew && (pool.SpotPrice?.Length > 0 || pool.VpcId is not null || pool.SecurityGroupId is not null || pool.LaunchConfigurationName is not null
            || pool.VolumeSize is not null || pool.Tags.Count > 0), "spot price, network, security group, launch configuration, volume size and tags are for amazon");
        wrong(azure && isNew && pool.Image is not null, "the image of machines in azure cannot be chosen");
        wrong(azure && pool.Zones.Any(zone => zone is not ("1" or "2" or "3")), $"the zones of azure are 1, 2 and 3, not {string.Join(", ", pool.Zones)}");
        wrong(azure && pool.Subnets.Count > 1, "azure takes one subnet");
        wrong(!azure && cloud is not null && pool.SubnetCidr is not null, $"a subnet cannot be made in {cloud?.Name}");
        wrong(vsphere && (pool.Zones.Count > 0 || pool.Subnets.Count > 0), "vsphere has neither zones nor subnets");
        wrong(pool.VolumeSize is < 0, "a volume cannot be smaller than nothing");
    }

    private static void CheckSize(PkeNodePool pool, PkeCloud? cloud, Action<bool, string> wrong)
    {
        int count = pool.Count ?? pool.MinCount ?? 1, min = pool.MinCount ?? count, max = pool.MaxCount ?? count;
        // Only Amazon's groups may be empty.
        int least = cloud?.Name == "amazon" ? 0 : 1;
        bool one = min == count && max == count;
        wrong(one && count < least, $"its number of machines, {count}, is below {least}");
        wrong(!one && min < least, $"its least number of machines, {min}, is below {least}");
        wrong(max < 1 && !(one && count < least), $"its greatest number of machines, {max}, is below 1");
        wrong(min > max, $"its least number of machines, {min}, is above the greatest, {max}");
        wrong(min <= max && (count < min || count > max), $"the number of machines wanted, {count}, is not between {min} and {max}");
        wrong(cloud?.Name == "vsphere" && (pool.Autoscaling || min != max), "vsphere does not scale; give one number of machines");
        if (!pool.IsMaster)
            return;
        wrong(count is not (1 or 3), $"a control plane has 1 or 3 machines, not {count}");
        wrong(pool.Autoscaling || min != max, "a control plane cannot be scaled: least, wanted and greatest number have to be the same");
    }
}
