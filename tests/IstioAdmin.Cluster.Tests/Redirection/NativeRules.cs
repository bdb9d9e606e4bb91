namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>The rules of today's pod as Istio writes them in its native nftables mode (istio/istio, tools/istio-nftables/pkg/capture/run.go).</summary>
internal static class NativeRules
{
    /// <summary>A command that puts them into a pod, with one more rule at the head of a chain, or without the jump from one.</summary>
    /// <param name="inbound">A rule before all others of the chain for inbound packets.</param>
    /// <param name="withoutOutput">Whether the chain at the output hook is empty.</param>
    public static string Load(string inbound = "", bool withoutOutput = false) => $$"""
        nft -f - <<'EOF'
        table inet istio-proxy-nat {
          chain prerouting { type nat hook prerouting priority -100;
            meta l4proto tcp counter jump istio-inbound
          }
          chain output { type nat hook output priority -100;
            {{(withoutOutput ? "" : "counter jump istio-output")}}
          }
          chain istio-redirect { meta l4proto tcp counter redirect to :15001
          }
          chain istio-in-redirect { meta l4proto tcp counter redirect to :15006
          }
          chain istio-inbound {
            {{inbound}}
            tcp dport 15008 counter return
            tcp dport { 15020, 15021, 15090 } counter return
            meta l4proto tcp counter jump istio-in-redirect
          }
          chain istio-output {
            tcp dport 15020 counter return
            udp dport 15020 counter return
            oifname "lo" ip saddr 127.0.0.6 counter return
            oifname "lo" ip6 saddr ::6 counter return
            oifname "lo" meta l4proto tcp ip daddr != 127.0.0.1 tcp dport != 15008 meta skuid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp ip6 daddr != ::1 tcp dport != 15008 meta skuid 1337 counter jump istio-in-redirect
            oifname "lo" meta skuid != 1337 counter return
            meta skuid 1337 counter return
            oifname "lo" meta l4proto tcp ip daddr != 127.0.0.1 tcp dport != 15008 meta skgid 1337 counter jump istio-in-redirect
            oifname "lo" meta l4proto tcp ip6 daddr != ::1 tcp dport != 15008 meta skgid 1337 counter jump istio-in-redirect
            oifname "lo" meta skgid != 1337 counter return
            meta skgid 1337 counter return
            ip daddr 127.0.0.1 counter return
            ip6 daddr ::1 counter return
            counter jump istio-redirect
          }
        }
        EOF
        ip -6 addr add ::6/128 dev lo
        """;
}
