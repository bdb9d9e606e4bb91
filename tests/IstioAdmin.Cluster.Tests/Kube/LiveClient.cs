using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Connecting;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>Clients of real servers, and what the tests of this folder do with them.</summary>
internal static class LiveClient
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    public static IReporter Reporter { get; } = new Silent();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<KubeClient> OpenAsync(string kubeconfig) =>
        ClusterConnector.OpenAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, Reporter, Cancel);

    public static JsonObject ConfigMap(string ns, string name, string value = "1", string label = "test") => new()
    {
        ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["labels"] = new JsonObject { ["app"] = label } },
        ["data"] = new JsonObject { ["value"] = value },
    };

    public static Task<AppliedObject> ApplyConfigMapAsync(this KubeClient client, string ns, string name, string value = "1", string label = "test") =>
        client.ApplyAsync(KubeResource.ConfigMaps, ConfigMap(ns, name, value, label), new ApplyOptions(Force: true), Cancel);

    /// <summary>Creates config maps <c>{prefix}000</c> and so on, and returns their names.</summary>
    public static async Task<string[]> ApplyManyAsync(this KubeClient client, string ns, int count, string prefix = "m")
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => prefix + i.ToString("000", CultureInfo.InvariantCulture))];
        await Parallel.ForEachAsync(names, Cancel, async (name, _) => await client.ApplyConfigMapAsync(ns, name));
        return names;
    }

    private sealed class Silent : IReporter
    {
        public void Warn(string message)
        {
        }

        public void Detail(string message)
        {
        }

        public void Progress(string activity, string status, int? percent = null)
        {
        }
    }
}
