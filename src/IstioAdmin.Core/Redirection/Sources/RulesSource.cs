namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Where the rules of pods are read.</summary>
public enum RulesSource
{
    /// <summary>The cheapest of the others that works.</summary>
    Auto,

    /// <summary>On the node: one privileged read covers all its pods.</summary>
    Node,

    /// <summary>In the pod, through an ephemeral container with NET_ADMIN.</summary>
    Ephemeral,

    /// <summary>In the log of the pod's istio-init container: what was written once, not what is there now.</summary>
    InitLog,

    /// <summary>On this machine, which is the pod's node.</summary>
    Local,

    /// <summary>In a dump that somebody made.</summary>
    Dump,
}
