using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>A cluster from the pipeline is the cluster to work on, and nothing else of it counts.</summary>
public sealed class ClusterPipingTests : ClusterTest
{
    // These take clusters in their own ways.
    private static readonly string[] Beside = ["Add-IstioRemoteCluster", "Connect-MeshCluster", "Disconnect-MeshCluster"];

    /// <summary>Every cmdlet that takes clusters from the pipeline, with what it needs and changing nothing.</summary>
    public static TheoryData<string> Lines =>
    [
        "Disable-IstioCni -WhatIf",
        "Disable-IstioInjection shop -WhatIf",
        "Enable-IstioCni -WhatIf",
        "Enable-IstioInjection shop -WhatIf",
        "Get-IstioCni",
        "Get-IstioIngress",
        "Get-IstioMesh",
        "Get-IstioMesh istio-sample",
        "Get-IstioOperator",
        "Get-IstioRemoteCluster",
        "Get-MeshPod",
        "Install-Bookinfo -Namespace shop -WhatIf",
        "Install-IstioOperator Banzai -WhatIf",
        "New-IstioMesh -Version 1.1.14 -WhatIf",
        "Remove-Bookinfo -Namespace shop -WhatIf",
        "Remove-IstioMesh -WhatIf",
        "Remove-IstioRemoteCluster east -WhatIf",
        "Repair-PodRedirection no-* -Namespace shop -WhatIf",
        "Restart-MeshWorkload Deployment/cart -Namespace shop -WhatIf",
        "Set-IstioMesh -Mtls -WhatIf",
        "Test-IstioCni",
        "Test-Mesh -SkipRedirection",
        "Test-MeshPrerequisite",
        "Uninstall-IstioOperator Banzai -WhatIf",
        "Update-IstioOperator Banzai -WhatIf",
        "Wait-IstioMesh -Timeout 5",
    ];

    private protected override void Arrange() => new FakeBanzai(Server).PutDeployment("cart");

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_piped_cluster_means_what_a_named_one_means(string line)
    {
        PSObject cluster = Shell.Run("Get-MeshCluster").ThrowIfFailed().Output.Single();
        // Nothing has these names, so a command that takes them for its own finds nothing; and the current cluster is another one.
        Assert.Equal(("fake", "default"), ((string)cluster.Properties["Name"].Value, (string)cluster.Properties["Namespace"].Value));
        await using MeshServer current = await MeshServer.StartAsync();
        Connect(current, "current");
        int before = current.Requests.Count;
        // What a client learns once about its server it does not ask again.
        Follow($"{line} -Cluster $args[0]", cluster);

        Trail named = Follow($"{line} -Cluster $args[0]", cluster), piped = Follow($"$args[0] | {line}", cluster);

        Assert.NotEmpty(named.Requests);
        Assert.Equal(named.Requests, piped.Requests);
        Assert.Equal(named.Output, piped.Output);
        Assert.Equal(named.Errors, piped.Errors);
        Assert.Equal(before, current.Requests.Count);
        Assert.Empty(Server.Writes);
    }

    [Fact]
    public void A_mesh_of_another_name_is_found_in_a_piped_cluster() =>
        Assert.Equal("istio-system/istio-sample", Shell.Run("Get-MeshCluster | Get-IstioMesh").ThrowIfFailed().Output.Single().ToString());

    [Theory]
    [InlineData("'fake' | Get-IstioMesh")]
    [InlineData("Get-IstioMesh -Cluster fake | Get-IstioMesh")]
    [InlineData("[pscustomobject]@{ Cluster = 'fake'; Name = 'istio-sample'; Namespace = 'istio-system' } | Get-IstioMesh")]
    [InlineData("[pscustomobject]@{ Cluster = Get-MeshCluster fake; Name = 'istio-*' } | Get-IstioMesh")]
    public async Task Names_and_other_objects_are_piped_too(string line)
    {
        await using MeshServer current = await MeshServer.StartAsync();
        Connect(current, "current");

        Assert.Equal("istio-system/istio-sample", Shell.Run(line).ThrowIfFailed().Output.Single().ToString());
    }

    [Theory]
    [InlineData("[pscustomobject]@{ Cluster = 'fake'; Name = 'other' } | Get-IstioMesh")]
    [InlineData("[pscustomobject]@{ Cluster = 'fake'; Name = 'other' } | Set-IstioMesh -Mtls")]
    public void The_name_of_another_object_still_counts(string line)
    {
        ScriptResult result = Shell.Run(line);

        Assert.StartsWith("MeshNotFound,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Server.Writes);
    }

    [Fact]
    public void Namespaces_are_piped_to_injection_by_name_and_as_objects()
    {
        // Nothing in this cluster injects; -Force does without.
        Assert.Equal(["shop"], Names("'shop' | Enable-IstioInjection -Force"));
        Assert.Equal(["shop"], Names("[pscustomobject]@{ Cluster = 'fake'; Namespace = 'shop' } | Enable-IstioInjection -Force"));

        IEnumerable<object> Names(string line) => Shell.Run(line).ThrowIfFailed().Output.Select(output => output.Properties["Namespace"]?.Value ?? output.Properties["Name"].Value);
    }

    [Theory]
    [InlineData("Disable-IstioInjection", "NamespaceRequired")]
    [InlineData("Enable-IstioInjection", "NamespaceRequired")]
    [InlineData("Install-IstioOperator", "InputObjectMissingMandatory")]
    [InlineData("Remove-IstioRemoteCluster", "NameRequired")]
    [InlineData("Restart-MeshWorkload", "NameRequired")]
    public void A_piped_cluster_does_not_say_what_to_work_on(string command, string error)
    {
        ScriptResult result = Shell.Run($"Get-MeshCluster | {command}");

        Assert.StartsWith(error + ",", (result.TerminatingError ?? Assert.Single(result.Errors)).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Server.Writes);
    }

    [Theory]
    [InlineData("Enable-IstioInjection", "Namespace")]
    [InlineData("Remove-IstioRemoteCluster", "Name")]
    [InlineData("Restart-MeshWorkload", "Name")]
    public void Without_a_pipeline_what_is_missing_is_asked_for(string command, string parameter)
    {
        RuntimeException error = Assert.IsAssignableFrom<RuntimeException>(Shell.Run(command).Terminating);

        Assert.Contains($": {parameter}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cmdlet_that_takes_clusters_from_the_pipeline_is_tried_here() =>
        Assert.Equal(
            Cmdlets().Where(cmdlet => cmdlet.ParameterSets.Any(set => set.Parameters.Any(TakesCluster))).Select(cmdlet => cmdlet.Name).Except(Beside).Order(),
            Lines.Select(line => line.Data.Split(' ')[0]).Distinct().Order());

    [Fact]
    public void No_cmdlet_takes_the_name_or_namespace_of_a_piped_cluster_for_its_own()
    {
        string[] properties = [.. Shell.Run("Get-MeshCluster").Output.Single().Properties.Select(property => property.Name)];
        Assert.Contains("Namespace", properties);

        var mistaken =
            from cmdlet in Cmdlets()
            where cmdlet.Parameters.ContainsKey("Cluster")
            let taking = cmdlet.ParameterSets.Where(set => set.Parameters.Any(TakesCluster)).Select(set => set.Name).ToArray()
            from set in cmdlet.ParameterSets
            from parameter in set.Parameters
                // A set that takes the cluster whole is chosen before any that takes its properties, unless the default one waits for them.
            where taking.Length == 0 || taking.Contains(set.Name) || (set.IsDefault && parameter.IsMandatory)
            where parameter.ValueFromPipelineByPropertyName && parameter.Aliases.Append(parameter.Name).Intersect(properties, StringComparer.OrdinalIgnoreCase).Any()
            select $"{cmdlet.Name} -{parameter.Name} in set {set.Name}";

        Assert.Empty(mistaken);
    }

    [Fact]
    public void Where_a_cluster_may_be_piped_or_named_the_set_without_a_pipeline_is_the_default() =>
        Assert.All(
            Cmdlets().Where(cmdlet => cmdlet.Parameters.TryGetValue("Cluster", out ParameterMetadata? parameter) && parameter.ParameterSets.ContainsKey("Cluster")).Where(cmdlet => !Beside.Contains(cmdlet.Name)),
            cmdlet => Assert.Equal("Name", cmdlet.DefaultParameterSet));

    [Fact]
    public void A_set_for_clusters_takes_and_demands_nothing_else_where_another_set_takes_names() =>
        Assert.Empty(
            from cmdlet in Cmdlets()
            where cmdlet.ParameterSets.Any(set => set.Name == "Object")
            from set in cmdlet.ParameterSets
            where set.Parameters.Any(TakesCluster)
            from parameter in set.Parameters
            where !TakesCluster(parameter) && (parameter.IsMandatory || parameter.ValueFromPipelineByPropertyName)
            select $"{cmdlet.Name} -{parameter.Name}");

    private IEnumerable<CmdletInfo> Cmdlets() => Shell.Run("Get-Command -Module IstioAdmin -CommandType Cmdlet").ThrowIfFailed().Output.Select(output => (CmdletInfo)output.BaseObject);

    private static bool TakesCluster(CommandParameterInfo parameter) =>
        parameter.ValueFromPipeline && (parameter.ParameterType.GetElementType() ?? parameter.ParameterType).FullName == "IstioAdmin.Core.Kube.MeshCluster";

    private Trail Follow(string script, PSObject cluster)
    {
        int before = Server.Server.Requests.Count;
        ScriptResult result = Shell.Run(script, cluster);
        return new Trail(
            [.. Server.Server.Requests.Skip(before).Distinct().Order(StringComparer.Ordinal)],
            [.. result.Output.Select(output => $"{output.BaseObject.GetType().Name} {output.Properties["Name"]?.Value}")],
            [.. result.Errors.Append(result.TerminatingError).Select(error => error?.FullyQualifiedErrorId)]);
    }

    private sealed record Trail(IReadOnlyList<string> Requests, IReadOnlyList<string> Output, IReadOnlyList<string?> Errors);
}
