using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>The way of a connection's first packet from a pod to a service, a pod or an address, through the rules of both ends.</summary>
public sealed record PacketPath
{
    /// <summary>The pod that sends.</summary>
    public required MeshPod From { get; init; }

    /// <summary>What it sends to.</summary>
    public required PacketTarget To { get; init; }

    /// <summary>What becomes of the application's packet in the sender's pod.</summary>
    public required PacketLeg Sender { get; init; }

    /// <summary>What becomes of the packet that the sender's proxy then sends; null when the packet does not enter a proxy.</summary>
    public PacketLeg? Proxy { get; init; }

    /// <summary>What becomes of it in the pod that receives; null when it does not get there or that is no pod of the cluster.</summary>
    public PacketLeg? Receiver { get; init; }

    /// <summary>The way in sentences, one for each leg, and what is to be known beside.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>Whether a proxy opens the packet on the sender's side.</summary>
    public bool ThroughSenderProxy => Sender.Verdict == LegVerdict.Proxied;

    /// <summary>Whether a proxy opens the packet on the receiver's side.</summary>
    public bool ThroughReceiverProxy => Receiver?.Verdict == LegVerdict.Proxied;

    /// <inheritdoc/>
    public override string ToString() => $"{From} to {To}";
}
