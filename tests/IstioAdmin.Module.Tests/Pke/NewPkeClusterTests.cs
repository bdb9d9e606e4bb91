using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

public sealed class NewPkeClusterTests : PkeTest
{
    [Fact]
    public void The_article_s_cluster_is_one_pipeline_of_cmdlets_in_the_guide_and_in_the_readme()
    {
        string guide = Assert.Single(Documentation.CodeBlocks("docs/guides/pke.md", "powershell"), block => block.Contains("New-PkeCluster istio-cni-demo", StringComparison.Ordinal));
        Assert.Contains(guide, Assert.Single(Documentation.CodeBlocks("README.md", "powershell"), block => block.Contains("New-PkeCluster", StringComparison.Ordinal)), StringComparison.Ordinal);
        Server.PollsPerStatus = 2;
        PSObject cluster = Assert.Single(Shell.Run($"{guide}\n$cluster").ThrowIfFailed().Output);
        Assert.Equal("istio-cni-demo", cluster.Properties["Name"].Value);
        Assert.Equal("Running", $"{cluster.Properties["Status"].Value}");
        Assert.Equal("RUNNING", cluster.Properties["StatusText"].Value);
        Assert.Equal("1.12.2", cluster.Properties["Version"].Value);

        JsonObject body = Body("CreateCluster");
        Assert.Equal("5f1c0a9e", (string?)body["secretId"]);
        Assert.Equal("eu-central-1", (string?)body["location"]);
        JsonObject pke = body["properties"]!["pke"]!.AsObject();
        Assert.Equal("containerd", (string?)pke["cri"]!["runtime"]);
        Assert.Equal("""{"version":"1.12.2","rbac":{"enabled":true}}""", pke["kubernetes"]!.ToJsonString());
        JsonObject[] pools = [.. pke["nodePools"]!.AsArray().Select(pool => pool!.AsObject())];
        Assert.Equal(["master", "pool1", "pool2"], pools.Select(pool => (string)pool["name"]!));
        Assert.Equal(["""["master"]""", """["worker","pipeline-system"]""", """["worker"]"""], pools.Select(pool => pool["roles"]!.ToJsonString()));
        JsonNode[] groups = [.. pools.Select(pool => pool["providerConfig"]!["autoScalingGroup"]!)];
        Assert.Equal(["c5.large", "t2.medium", "t2.medium"], groups.Select(group => (string)group["instanceType"]!));
        Assert.Equal(
            ["""{"desired":1,"min":1,"max":1}""", """{"desired":1,"min":1,"max":2}""", """{"desired":2,"min":2,"max":2}"""],
            groups.Select(group => group["size"]!.ToJsonString()));
        Assert.Equal([false, true, false], pools.Select(pool => (bool)pool["autoscaling"]!));
        Assert.Empty(Server.Unknown);
    }

    [Fact]
    public void Without_a_pool_that_cannot_be_no_cluster_is_made_of_the_others()
    {
        ScriptResult result = Shell.Run("""
            (New-PkeNodePool master master c5.large -Zone eu-central-1c), (New-PkeNodePool Pool_1 worker t2.medium -Zone eu-central-1c) |
                New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2
            """);
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeNodePoolCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Empty(Server.Bodies);
    }

    [Fact]
    public void A_network_that_is_there_is_named_where_Pipeline_looks_for_it()
    {
        Shell.Run("""
            New-PkeNodePool master master c5.large -Zone eu-central-1a -VpcId vpc-0a1 -Subnet subnet-0a1 |
                New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2
            """).ThrowIfFailed();
        JsonNode pke = Body("CreateCluster")["properties"]!["pke"]!;
        Assert.Equal("""{"vpcID":"vpc-0a1"}""", pke["network"]!["cloudProviderConfig"]!.ToJsonString());
        Assert.Equal("""["subnet-0a1"]""", pke["nodePools"]![0]!["providerConfig"]!["autoScalingGroup"]!["subnets"]!.ToJsonString());
    }

    [Theory]
    [InlineData("-Zone eu-central-1a -VpcId vpc-9", "", "eu-central-1 has no network 'vpc-9', but vpc-0a1 (main)")]
    [InlineData("-Zone eu-central-1a -VpcId vpc-0a1 -Subnet subnet-9", "", "network vpc-0a1 (main) has no subnet 'subnet-9', but subnet-0a1 (public), subnet-0b1 (private)")]
    [InlineData("-Zone eu-central-1a -VpcId vpc-0a1 -Subnet subnet-0b1", "", "subnet subnet-0b1 (private) lies in zone eu-central-1b, the pool in eu-central-1a")]
    [InlineData("-Zone eu-central-1a -VpcId vpc-0a1", "-PodCidr 192.168.128.0/20", "network vpc-0a1 (main) 192.168.0.0/16 overlaps the pods' range 192.168.128.0/20")]
    public void What_the_network_does_not_have_is_not_asked_for(string pool, string more, string reason)
    {
        ScriptResult result = Shell.Run($"New-PkeNodePool master master c5.large {pool} | New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2 {more}");
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains(reason, result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Theory]
    [InlineData("-SubnetCidr 10.0.7.0/24", "", "subnet 'nodes' is there already, and its range is 10.0.1.0/24, not 10.0.7.0/24")]
    [InlineData("-Subnet fresh -SubnetCidr 10.0.0.0/20", "", "subnet 'fresh' 10.0.0.0/20 overlaps subnet 'nodes' 10.0.1.0/24")]
    [InlineData("", "-NetworkCidr 10.1.0.0/16", "network main is there already, and its range is 10.0.0.0/16, not 10.1.0.0/16")]
    public void What_azure_has_already_is_not_asked_for_otherwise(string pool, string more, string reason)
    {
        ScriptResult result = Azure(pool, more);
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains(reason, result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Fact]
    public void What_azure_has_is_taken_and_networks_that_nobody_can_list_are_no_obstacle()
    {
        Server.Break("GET .*/networks", PipelineFault.Error(403, "You are not allowed to do that"));
        ScriptResult result = Azure("-SubnetCidr 10.0.7.0/24", "-Verbose");
        Assert.Single(result.ThrowIfFailed().Output);
        Assert.Contains(result.Verbose, line => line.Contains("Networks and subnets are not checked", StringComparison.Ordinal));
        Assert.Single(Shell.Run("Remove-PkeCluster demo -Confirm:$false").ThrowIfFailed().Output);
        Azure("-SubnetCidr 10.0.1.0/24", "-NetworkCidr 10.0.0.0/16").ThrowIfFailed();
    }

    private ScriptResult Azure(string pool, string more) => Shell.Run(
        $"New-PkeNodePool master master Standard_D2s_v3 {(pool.Contains("-Subnet ", StringComparison.Ordinal) ? "" : "-Subnet nodes")} {pool} | New-PkeCluster demo -Cloud azure -Location westeurope -ResourceGroup rg-mesh -NetworkName main -SecretName azure-secret -KubernetesVersion 1.17.9 {more}");

    [Fact]
    public void The_same_request_again_finds_the_cluster_and_sends_nothing()
    {
        Create().ThrowIfFailed();
        PSObject again = Assert.Single(Create().ThrowIfFailed().Output);
        Assert.Equal("istio-cni-demo", again.Properties["Name"].Value);
        Assert.Equal(1, Calls("CreateCluster"));
    }

    [Fact]
    public void Another_request_of_the_same_name_is_refused_with_every_difference()
    {
        Create().ThrowIfFailed();
        ScriptResult result = Shell.Run("""
            New-PkeNodePool master master c5.xlarge -Zone eu-west-1a | New-PkeCluster istio-cni-demo -Location eu-west-1 -SecretName aws-secret -KubernetesVersion 1.15.3
            """);
        Assert.Equal("PkeClusterExists,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ResourceBusy, result.TerminatingError.CategoryInfo.Category);
        Assert.All(
            ["eu-central-1, not eu-west-1", "1.12.2, not 1.15.3", "it has a node pool 'pool1'", "c5.large, not c5.xlarge"],
            difference => Assert.Contains(difference, result.Terminating!.Message, StringComparison.Ordinal));
        Assert.Equal(1, Calls("CreateCluster"));
    }

    [Fact]
    public void A_request_that_is_already_being_carried_out_is_no_failure()
    {
        // Somebody else asks for the same cluster between our look and our request.
        PolledCluster other = Server.AddCluster("istio-cni-demo");
        Server.Break("GET .*/clusters$", PipelineFault.Answer(200, "[]"));
        PSObject cluster = Assert.Single(Create("-Verbose").ThrowIfFailed().Output);
        Assert.Equal((long)other.Id, cluster.Properties["Id"].Value);
        Assert.Equal(1, Calls("CreateCluster"));
    }

    [Fact]
    public void An_answer_that_is_lost_does_not_lose_the_cluster()
    {
        Server.Break("POST .*/clusters$", PipelineFault.LostAnswer);
        ScriptResult result = Create();
        Assert.Equal("istio-cni-demo", Assert.Single(result.ThrowIfFailed().Output).Properties["Name"].Value);
        Assert.Contains(result.Warnings, warning => warning.Contains("The cluster is there all the same", StringComparison.Ordinal));
        Assert.Equal(1, Calls("CreateCluster"));
    }

    [Fact]
    public void A_request_whose_fate_is_unknown_is_not_sent_twice()
    {
        Server.Break("POST .*/clusters$", PipelineFault.Error(502), times: 1);
        ScriptResult result = Create();
        Assert.Equal("PipelineUnavailable,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("Get-PkeCluster istio-cni-demo", result.TerminatingError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(Server.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatIf_checks_everything_and_makes_nothing()
    {
        Assert.Empty(Create("-WhatIf").ThrowIfFailed().Output);
        ScriptResult missing = Shell.Run($"{Pools} $pools | New-PkeCluster demo -Location eu-central-1 -SecretName nothing -KubernetesVersion 1.12.2 -WhatIf");
        Assert.Equal("PipelineSecretNotFound,IstioAdmin.Commands.NewPkeClusterCommand", missing.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("'aws-secret'", missing.Terminating!.Message, StringComparison.Ordinal);
        ScriptResult unfit = Shell.Run($"{Pools} $pools | New-PkeCluster demo -Location eu-central-1 -SecretName azure-secret -KubernetesVersion 1.12.2 -WhatIf");
        Assert.StartsWith("PipelineSecretUnfit,", unfit.TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(0, Calls("CreateCluster"));
    }

    [Fact]
    public void NoWait_returns_the_young_cluster_and_Wait_picks_it_up()
    {
        Server.PollsPerStatus = 0;
        PSObject young = Assert.Single(Create("-NoWait").ThrowIfFailed().Output);
        Assert.Equal("CREATING", young.Properties["StatusText"].Value);
        Assert.Equal(0, Calls("GetCluster"));
        PolledCluster stored = Server.Cluster("istio-cni-demo");
        // As Pipeline answers for a cluster without its secret.
        stored.HidesWhileYoung = true;
        stored.PollsPerStatus = 3;
        PSObject ready = Assert.Single(Shell.Run("$args[0] | Wait-PkeCluster", young).ThrowIfFailed().Output);
        Assert.Equal("RUNNING", ready.Properties["StatusText"].Value);
    }

    [Fact]
    public void A_cluster_in_azure_has_the_second_form()
    {
        Shell.Run("""
            New-PkeNodePool master master, worker Standard_D2s_v3 -Zone 1 -Subnet fresh -SubnetCidr 10.0.2.0/24 -Provider azure |
                New-PkeCluster azdemo -Cloud azure -Location westeurope -ResourceGroup rg-mesh -SecretName azure-secret -KubernetesVersion 1.17.9 `
                    -NetworkName main -NetworkCidr 10.0.0.0/16 -PodCidr 10.200.0.0/16 -ServiceCidr 10.32.0.0/24 -NetworkProvider weave -Oidc -AccessPoint public -ApiServerAccessPoint public
            """).ThrowIfFailed();
        AssertJson("""
            {
              "name": "azdemo", "type": "pke-on-azure", "secretId": "61ab77d2",
              "kubernetes": {
                "version": "1.17.9", "rbac": true, "cri": { "runtime": "containerd" }, "oidc": { "enabled": true },
                "network": { "serviceCIDR": "10.32.0.0/24", "podCIDR": "10.200.0.0/16", "provider": "weave" }
              },
              "location": "westeurope", "resourceGroup": "rg-mesh", "network": { "name": "main", "cidr": "10.0.0.0/16" },
              "accessPoints": ["public"], "apiServerAccessPoints": ["public"],
              "nodepools": [{
                "name": "master", "roles": ["master", "worker"], "autoscaling": false, "minCount": 1, "maxCount": 1, "count": 1, "instanceType": "Standard_D2s_v3",
                "zones": ["1"], "subnet": { "name": "fresh", "cidr": "10.0.2.0/24" }
              }]
            }
            """);
        Assert.Empty(Server.Unknown);
        ScriptResult group = Shell.Run("""
            New-PkeNodePool master master Standard_D2s_v3 | New-PkeCluster other -Cloud azure -Location westeurope -ResourceGroup rg-mush -SecretName azure-secret -KubernetesVersion 1.17.9
            """);
        Assert.Contains("azure has no resource group 'rg-mush', but rg-mesh, rg-other", group.Terminating!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_on_vsphere_has_processors_and_memory()
    {
        Shell.Run("""
            New-PkeNodePool master master -Vcpu 2 -Ram 4096 -Template centos-7-pke -AdminUsername root |
                New-PkeCluster vsdemo -Cloud vsphere -SecretName sphere-secret -KubernetesVersion 1.15.3 -Folder demo -ResourcePool rp -Datastore ds -LoadBalancerIPRange 192.168.23.150-192.168.23.180
            """).ThrowIfFailed();
        AssertJson("""
            {
              "name": "vsdemo", "type": "pke-on-vsphere", "secretId": "7be2f013", "kubernetes": { "version": "1.15.3", "rbac": true, "cri": { "runtime": "containerd" } },
              "folder": "demo", "datastore": "ds", "resourcePool": "rp", "loadBalancerIPRange": "192.168.23.150-192.168.23.180",
              "nodepools": [{ "name": "master", "roles": ["master"], "size": 1, "vcpu": 2, "ram": 4096, "template": "centos-7-pke", "adminUsername": "root" }]
            }
            """);
        Assert.Empty(Server.Unknown);
    }

    [Fact]
    public void AsJson_prints_what_would_be_sent_and_Request_takes_it_back()
    {
        Shell.Run("Get-Pipeline | Disconnect-Pipeline").ThrowIfFailed();
        string json = Only<string>(Create("-AsJson"));
        Assert.Equal("aws-secret", (string?)JsonNode.Parse(json)!["secretName"]);
        Shell.Run("Connect-Pipeline -Endpoint $args[0] -Token $args[1] -Organization team", Server.Uri.ToString(), Token).ThrowIfFailed();
        PSObject cluster = Assert.Single(Shell.Run("New-PkeCluster -Name renamed -Request $args[0]", json).ThrowIfFailed().Output);
        Assert.Equal("renamed", cluster.Properties["Name"].Value);
        Assert.Equal("renamed", (string?)Body("CreateCluster")["name"]);
    }

    [Fact]
    public void A_raw_request_is_checked_as_far_as_its_form_is_known()
    {
        ScriptResult result = Shell.Run("New-PkeCluster -Request @{ name = 'demo'; cloud = 'amazon'; nodepool = @(); secretName = 'x'; location = 'eu-central-1'; properties = @{ pke = @{ nodePools = @() } } }");
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("'nodepool' is no field of such a request", result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Contains("0 node pools have the role master", result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Fact]
    public void What_the_cloud_does_not_have_is_not_asked_for()
    {
        Server.CloudInfo["providers/amazon/services/compute/regions"] = """[{"id":"eu-central-1","name":"EU (Frankfurt)"},{"id":"eu-west-1","name":"EU (Ireland)"},{"id":"us-east-1","name":"Virginia"}]""";
        Server.CloudInfo["providers/amazon/services/compute/regions/eu-central-1"] = """{"id":"eu-central-1","zones":["eu-central-1a","eu-central-1b"]}""";
        Server.CloudInfo["providers/amazon/services/compute/regions/eu-central-1/products"] = """{"products":[{"type":"c5.large"},{"type":"c5.xlarge"},{"type":"m5.large"}]}""";
        ScriptResult region = Create(location: "eu-central-9");
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeClusterCommand", region.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains("amazon has no region 'eu-central-9', but eu-central-1, eu-west-1", region.Terminating!.Message, StringComparison.Ordinal);
        ScriptResult types = Create();
        Assert.Contains("node pool 'pool1': eu-central-1 has no instance type 't2.medium'", types.Terminating!.Message, StringComparison.Ordinal);
        Assert.Contains("node pool 'master': eu-central-1 has no zone 'eu-central-1c', but eu-central-1a, eu-central-1b", types.Terminating!.Message, StringComparison.Ordinal);
        Assert.Equal(["eu-central-1", "eu-west-1"], Shell.Complete("New-PkeCluster x -Location eu"));
        Assert.Equal(["c5.large", "c5.xlarge"], Shell.Complete("New-PkeNodePool x worker -Zone eu-central-1a -InstanceType c5"));
        Assert.Equal(["eu-central-1a", "eu-central-1b"], Shell.Complete("New-PkeNodePool x worker -Zone eu-central-1"));
        Assert.Empty(Server.Bodies);
    }

    [Theory]
    [InlineData("New-PkeNodePool Bad_Name", "the name is not lower case letters")]
    [InlineData("New-PkeNodePool m master c5.large -Count 2", "a control plane has 1 or 3 machines, not 2")]
    [InlineData("New-PkeNodePool m master c5.large -MaxCount 3", "a control plane cannot be scaled")]
    [InlineData("New-PkeNodePool p -MinCount 3 -MaxCount 5 -Count 2", "wanted, 2, is not between 3 and 5")]
    [InlineData("New-PkeNodePool p -Count -1", "its number of machines, -1, is below 1.")]
    [InlineData("New-PkeNodePool p -SpotPrice cheap", "'cheap' is not a price")]
    [InlineData("New-PkeNodePool p -Label @{ 'nodepool.banzaicloud.io/x' = 1 }", "belongs to Pipeline")]
    [InlineData("New-PkeNodePool p -Provider azure Standard_B2ms -Role worker -Zone 4", "the zones of azure are 1, 2 and 3")]
    [InlineData("New-PkeNodePool p -Provider vsphere", "it says no number of processors")]
    public void A_pool_that_cannot_be_is_refused_where_it_is_described(string command, string reason)
    {
        ScriptResult result = Shell.Run(command);
        ErrorRecord error = result.TerminatingError!;
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeNodePoolCommand", error.FullyQualifiedErrorId);
        Assert.Contains(reason, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("-PodCidr 10.0.0.0/8", "the services' range 10.32.0.0/24 overlaps the pods' range 10.0.0.0/8")]
    [InlineData("-PodCidr 10.200.0.1/16", "10.200.0.0/16 is perhaps meant")]
    [InlineData("-ServiceCidr 10.32.0.0", "is not an IPv4 range")]
    [InlineData("-ResourceGroup rg", "amazon has no resource groups")]
    [InlineData("-PodCidr 192.168.64.0/18", "the network that Pipeline makes 192.168.0.0/16 overlaps the pods' range 192.168.64.0/18")]
    public void An_order_that_contradicts_itself_is_not_sent(string more, string reason)
    {
        ScriptResult result = Create(more);
        Assert.Equal("PkeRequestInvalid,IstioAdmin.Commands.NewPkeClusterCommand", result.TerminatingError!.FullyQualifiedErrorId);
        Assert.Contains(reason, result.Terminating!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Server.Requests, request => request.Contains("secrets", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("(New-PkeNodePool m master c5.large)", "node pool 'm': it is in no availability zone (-Zone)")]
    [InlineData("(New-PkeNodePool m master c5.large -Zone a), (New-PkeNodePool w worker c5.large)", "node pool 'w': it is in no availability zone (-Zone) and no subnet (-Subnet)")]
    [InlineData("(New-PkeNodePool m master c5.large -Zone a -Subnet s)", "its subnets belong to a network that no pool names")]
    [InlineData("(New-PkeNodePool m master c5.large -Zone a -VpcId v1), (New-PkeNodePool w worker c5.large -Zone a -VpcId v2)", "the node pools are in several networks (v1, v2)")]
    public void Machines_in_amazon_have_to_be_somewhere(string pools, string reason)
    {
        ScriptResult result = Shell.Run($"{pools} | New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2");
        Assert.Contains(reason, result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Theory]
    [InlineData("", "-PodCidr 10.0.128.0/18", "the network that Pipeline makes 10.0.0.0/16 overlaps the pods' range 10.0.128.0/18")]
    [InlineData("-Subnet nodes -SubnetCidr 10.9.0.0/24", "", "subnet 'nodes' 10.9.0.0/24 is not within the network's 10.0.0.0/16")]
    public void The_network_that_Pipeline_makes_in_azure_counts_as_well(string pool, string more, string reason)
    {
        ScriptResult result = Shell.Run($"New-PkeNodePool m master Standard_D2s_v3 {pool} | New-PkeCluster demo -Cloud azure -Location westeurope -ResourceGroup rg-mesh -SecretName azure-secret -KubernetesVersion 1.17.9 {more}");
        Assert.Contains(reason, result.Terminating!.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Bodies);
    }

    [Fact]
    public void A_cluster_that_fails_ends_the_wait_with_the_server_s_reason()
    {
        Server.PollsPerStatus = 0;
        Create("-NoWait").ThrowIfFailed();
        Server.Cluster("istio-cni-demo").Become("ERROR", "spot price is too low");
        ScriptResult result = Shell.Run("Wait-PkeCluster istio-cni-demo");
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("PkeClusterFailed,IstioAdmin.Commands.WaitPkeClusterCommand", error.FullyQualifiedErrorId);
        Assert.Contains("spot price is too low", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Remove-PkeCluster", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_with_faults_is_returned_with_a_warning()
    {
        Server.AddCluster("faulty").Become("WARNING", "posthook failed: InstallIngressController");
        ScriptResult result = Shell.Run("Wait-PkeCluster faulty");
        Assert.Single(result.ThrowIfFailed().Output);
        Assert.Contains("posthook failed: InstallIngressController", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    private void AssertJson(string expected)
    {
        JsonObject sent = Body("CreateCluster");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), sent), sent.ToJsonString());
    }
}
