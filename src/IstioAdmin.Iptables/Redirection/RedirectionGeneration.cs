namespace IstioAdmin.Iptables.Redirection;

/// <summary>The two programs of Istio that have written redirection rules.</summary>
public enum RedirectionGeneration
{
    /// <summary>
    /// The shell script <c>istio-iptables.sh</c> of Istio 1.0 and 1.1, as the istio-init container and the first CNI plugin
    /// ran it (istio/cni, release-1.1, tools/deb/istio-iptables.sh).
    /// </summary>
    FirstGeneration,

    /// <summary>The program <c>istio-iptables</c> of today (istio/istio, tools/istio-iptables), which istio-init and istio-cni share.</summary>
    Current,
}
