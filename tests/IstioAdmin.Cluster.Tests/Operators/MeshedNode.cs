using System.Text.Json.Nodes;
using IstioAdmin.Cluster.Tests.Redirection;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Testing;
using IstioAdmin.Cluster.Tests.StandIns;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Operators.Banzai;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// The real node, and beside it a stand-in for the nodes of the control plane: what is in istio-system runs there, Banzai's operator among it, but for
/// the CNI agent, which is a real pod on the real node, as all others are. istio-init writes what Istio's would; the agent chains the CNI plugin of the
/// testbed into the node's configuration when it starts, and takes it out when it ends.
/// </summary>
internal sealed class MeshedNode : IAsyncDisposable
{
    /// <summary>What the applications listen on, and istio-init redirects.</summary>
    public const string Port = "8080";

    private readonly MeshNode _node;
    private readonly StandInNodes _others;
    private readonly AdmissionServer _admission;

    private MeshedNode(MeshNode node, StandInNodes others, AdmissionServer admission) => (_node, _others, _admission) = (node, others, admission);

    public string Kubeconfig => _node.Kubeconfig;

    public string ConfigurationDirectory => _node.CniDirectory;

    public string ProgramDirectory => _node.CniProgramDirectory;

    private string Configuration => Path.Combine(ConfigurationDirectory, "10-pods.conflist");

    /// <summary>The agent, in short: a kubeconfig and an entry in the node's list while it runs.</summary>
    private string AgentScript => $$$"""
        cd /host/etc/cni/net.d
        leave() {
          grep -v '"type":"istio-cni"' 10-pods.conflist >list; mv list 10-pods.conflist
          rm -f ZZZ-istio-cni-kubeconfig
          exit 0
        }
        trap leave TERM
        echo 'users: [{user: {token: "e30.e30.e30"}}]' >ZZZ-istio-cni-kubeconfig
        if ! grep -q '"type":"istio-cni"' 10-pods.conflist; then
          entry=$(echo "$CNI_NETWORK_CONFIG" | sed 's#__KUBECONFIG_FILEPATH__#{{{ConfigurationDirectory}}}/ZZZ-istio-cni-kubeconfig#')
          (sed '$d' 10-pods.conflist; echo ",$entry"; echo ']}') >list; mv list 10-pods.conflist
        fi
        while :; do sleep 1 & wait $!; done
        """.ReplaceLineEndings("\n");

    public static async Task<MeshedNode> StartAsync(Testbed testbed)
    {
        MeshNode real = await testbed.StartNodeAsync();
        StandInNodes others = await StandInNodes.StartAsync(real.ControlPlane, 1, pod => (string?)pod["metadata"]!["namespace"] == "istio-system");
        var node = new MeshedNode(real, others, await AdmissionServer.StartAsync());
        try
        {
            await node.PrepareAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a shop of deployments in the mesh; returns when their pods run.</summary>
    public async Task OpenAsync(params string[] deployments)
    {
        foreach (string name in deployments)
        {
            await _others.Api.PostAsync("apis/apps/v1/namespaces/shop/deployments", (JsonObject)JsonNode.Parse($$"""
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}"},"spec":{"selector":{"matchLabels":{"app":"{{name}}"} },
                  "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"terminationGracePeriodSeconds":0,"tolerations":[{"key":"real"}],
                    "containers":[{"name":"app","image":"registry.local/endpoint:1","args":["serve","{{name}}","uid","1000","{{Port}}"],"ports":[{"containerPort":{{Port}}}]}]} } } }
                """)!);
        }
        await Eventually.BecomesTrueAsync(async () =>
            (await _others.Api.ListAsync("apis/apps/v1/namespaces/shop/deployments")).Count(item => (int?)item["status"]?["readyReplicas"] == 1) == deployments.Length, "the shop is open", TimeSpan.FromMinutes(2));
    }

    /// <summary>Lays down what the CNI plugin writes into the pods of a deployment.</summary>
    public Task PutRulesAsync(string deployment, PodScript rules) => _node.PutRulesAsync("shop", $"{deployment}-*", rules.Text);

    /// <summary>The uids of the shop's pods by their deployments.</summary>
    public async Task<IReadOnlyDictionary<string, string>> PodsAsync() => (await _others.Api.ListAsync("api/v1/namespaces/shop/pods"))
        .Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToDictionary(pod => (string)pod["metadata"]!["labels"]!["app"]!, pod => (string)pod["metadata"]!["uid"]!);

    public async ValueTask DisposeAsync()
    {
        await _others.DisposeAsync();
        await _admission.DisposeAsync();
        await _node.DisposeAsync();
    }

    private async Task PrepareAsync()
    {
        string chained = await File.ReadAllTextAsync(Configuration);
        string plain = chained.Replace(",\n  {\"type\": \"istio-cni\"}]}", "\n]}", StringComparison.Ordinal);
        Assert.NotEqual(chained, plain);
        // In one step: the container runtime reads it at any time.
        await File.WriteAllTextAsync($"{Configuration}.new", plain);
        File.Move($"{Configuration}.new", Configuration, overwrite: true);
        foreach (JsonObject node in (await _others.Api.ListAsync("api/v1/nodes")).Where(node => !_others.Names.Contains((string)node["metadata"]!["name"]!)))
        {
            await _others.Api.PatchAsync($"api/v1/nodes/{(string)node["metadata"]!["name"]!}",
                (JsonObject)JsonNode.Parse("""{"spec":{"taints":[{"key":"real","effect":"NoSchedule"}]}}""")!);
        }
        PodScript init = PodScript.Of(UpstreamDefaults.InitContainer(RedirectionGeneration.FirstGeneration) with { InboundPorts = [Port] });
        _others.Programs.Add(pod => ((string)pod["spec"]!["containers"]![0]!["image"]!).Contains("/istio-operator:", StringComparison.Ordinal),
            context => new BanzaiOperator(context, new OperatorTimes(), new OperatorFaults(), _admission) { InitScript = init.Text, AgentScript = AgentScript });
        await _node.ControlPlane.KubectlAsync("create", "namespace", "shop");
    }
}
