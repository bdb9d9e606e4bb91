namespace IstioAdmin.Core.Kube;

/// <summary>How to delete.</summary>
/// <param name="Propagation">What becomes of the objects that the deleted one owns.</param>
/// <param name="Uid">Delete only the object with this uid, not one of the same name that took its place; null for any.</param>
public sealed record DeleteOptions(DeletePropagation Propagation = DeletePropagation.Background, string? Uid = null);

/// <summary>What becomes of the objects that a deleted one owns.</summary>
public enum DeletePropagation
{
    /// <summary>They are collected after the owner is gone.</summary>
    Background,

    /// <summary>They go first; the owner stays until they are gone.</summary>
    Foreground,

    /// <summary>They stay and have no owner any more.</summary>
    Orphan,
}
