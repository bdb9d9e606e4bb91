using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Traffic;

/// <summary>
/// Which calls the mesh wants under mutual TLS, as its objects say: up to Istio 1.4 a MeshPolicy for who is called and a DestinationRule for who calls
/// (istio.io, archive 1.1, Mutual TLS Migration), since 1.5 a PeerAuthentication for who is called while callers see by themselves what the other side can.
/// Policies for single workloads and ports are not looked at.
/// </summary>
/// <param name="config">Reads the mesh's objects.</param>
internal sealed class MutualTls(MeshConfig config)
{
    private const string Everything = "*.local";

    /// <summary>Whether a proxy calls a Service under mutual TLS.</summary>
    /// <param name="ns">The Service's namespace.</param>
    /// <param name="service">The Service's name.</param>
    /// <param name="receiverHasProxy">Whether the pod that it comes to has a proxy.</param>
    /// <param name="cancel">Cancels the reading.</param>
    public async Task<bool> IsCalledAsync(string ns, string service, bool receiverHasProxy, CancellationToken cancel)
    {
        string full = $"{service}.{ns}.svc.cluster.local";
        JsonObject[] rules = [.. (await config.ListAsync("networking.istio.io", "destinationrules", cancel).ConfigureAwait(false))
            .Where(rule => Json.Text(rule, "spec", "trafficPolicy", "tls", "mode") is not null)];
        JsonObject? rule = rules.FirstOrDefault(rule => HostOf(rule) == full) ?? rules.FirstOrDefault(rule => HostOf(rule) == $"*.{ns}.svc.cluster.local") ?? rules.FirstOrDefault(rule => HostOf(rule) == Everything);
        if (rule is not null)
            return Json.Text(rule, "spec", "trafficPolicy", "tls", "mode") == "ISTIO_MUTUAL";
        return receiverHasProxy && await config.IsServedAsync("security.istio.io", "peerauthentications", cancel).ConfigureAwait(false)
            && await ModeAsync(ns, cancel).ConfigureAwait(false) != TlsMode.Disabled;
    }

    /// <summary>What the proxies of a namespace take.</summary>
    public async Task<TlsMode> ModeAsync(string ns, CancellationToken cancel)
    {
        JsonObject[] policies = [.. (await config.ListAsync("security.istio.io", "peerauthentications", cancel).ConfigureAwait(false)).Where(policy => Json.At(policy, "spec", "selector") is null)];
        foreach (string space in (string[])[ns, "istio-system"])
        {
            JsonObject? policy = Array.Find(policies, policy => Meta.Namespace(policy) == space && Json.Text(policy, "spec", "mtls", "mode") is not (null or "UNSET"));
            if (policy is not null)
            {
                return Json.Text(policy, "spec", "mtls", "mode") switch
                {
                    "STRICT" => TlsMode.Strict,
                    "DISABLE" => TlsMode.Disabled,
                    _ => TlsMode.Permissive,
                };
            }
        }
        foreach (JsonObject policy in await config.ListAsync("authentication.istio.io", "meshpolicies", cancel).ConfigureAwait(false))
        {
            if (Meta.Items(policy, "spec", "peers").FirstOrDefault(peer => peer.ContainsKey("mtls")) is { } peer)
                return Json.Text(peer, "mtls", "mode") == "PERMISSIVE" ? TlsMode.Permissive : TlsMode.Strict;
            return TlsMode.Disabled;
        }
        return TlsMode.Permissive;
    }

    private static string HostOf(JsonObject rule)
    {
        string host = Json.Text(rule, "spec", "host") ?? "";
        return host.Contains('.', StringComparison.Ordinal) ? host : $"{host}.{Meta.Namespace(rule)}.svc.cluster.local";
    }
}

/// <summary>What a proxy takes from those who call.</summary>
internal enum TlsMode
{
    /// <summary>Plain text only.</summary>
    Disabled,

    /// <summary>Plain text and mutual TLS.</summary>
    Permissive,

    /// <summary>Mutual TLS only.</summary>
    Strict,
}
