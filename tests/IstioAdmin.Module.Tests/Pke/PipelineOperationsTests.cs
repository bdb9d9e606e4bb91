using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Module.Tests.Pke;

/// <summary>The table of the server that stands in for Pipeline, and what the cmdlets call, are the same. That nothing else is called every test asserts at its end.</summary>
public sealed class PipelineOperationsTests : PkeTest
{
    [Fact]
    public void Every_operation_is_called_by_some_cmdlet()
    {
        string file = Path.GetTempFileName();
        try
        {
            // Only older versions are asked at the older place.
            Server.Break("GET /api/version$", PipelineFault.Answer(404, """{"code":404,"message":"Not Found","error":"Not Found"}"""));
            Run("$null = Connect-Pipeline $args[0] -Token $args[1] team", Server.Uri.ToString(), Token);
            Run("""
                New-PkeNodePool master master c5.large -Zone eu-central-1a -VpcId vpc-0a1 -Subnet subnet-0a1 | New-PkeCluster demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2
                New-PkeNodePool master master Standard_D2s_v3 | New-PkeCluster azdemo -Cloud azure -Location westeurope -ResourceGroup rg-mesh -SecretName azure-secret -KubernetesVersion 1.17.9
                $cluster = Get-PkeCluster demo
                $cluster.Pods, $cluster.Nodes, $cluster.Endpoints, $cluster.Services
                Set-PkeCluster demo -NodePool (New-PkeNodePool pool1 worker t2.medium) -KubernetesVersion 1.13.0 -PostHook InstallIngressController
                """);
            Server.Cluster("demo").OidcKubeconfig = Server.Cluster("demo").Kubeconfig;
            Run("Export-PkeKubeconfig demo -Path $args[0]; Export-PkeKubeconfig demo -Path $args[0] -OidcConfig; Remove-PkeCluster demo -Confirm:$false", file);
        }
        finally
        {
            File.Delete(file);
        }
        Assert.Equal(PipelineServer.Operations.Order(StringComparer.Ordinal), Server.Called.Distinct().Order(StringComparer.Ordinal));
    }

    private void Run(string script, params object?[] arguments) => Shell.Run(script, arguments).ThrowIfFailed();
}
