using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>Several things that one rule does, one after the other; nft's rules may, iptables' may not. A verdict can only be the last of them.</summary>
/// <param name="Targets">What it does.</param>
public sealed record SequenceTarget(IReadOnlyList<Target> Targets) : Target
{
    /// <summary>What a rule does, one by one: nothing for a rule without a target.</summary>
    public static IReadOnlyList<Target> Steps(Target? target) => target switch
    {
        null => [],
        SequenceTarget sequence => sequence.Targets,
        _ => [target],
    };

    /// <summary>Whether no part of it is unknown.</summary>
    public bool IsUnderstood => !Targets.Any(target => target is UnknownTarget);

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        foreach (Target target in Targets)
            target.AppendTo(text);
    }

    /// <inheritdoc/>
    public bool Equals(SequenceTarget? other) => other is not null && Targets.SequenceEqual(other.Targets);

    /// <inheritdoc/>
    public override int GetHashCode() => Targets.Aggregate(0, HashCode.Combine);
}
