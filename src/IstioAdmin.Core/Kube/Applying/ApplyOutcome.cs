namespace IstioAdmin.Core.Kube.Applying;

/// <summary>What applying did.</summary>
public enum ApplyOutcome
{
    /// <summary>The object did not exist.</summary>
    Created,

    /// <summary>The object exists and differs from what it was.</summary>
    Changed,

    /// <summary>The object was already so. At most the list of who manages which field is new.</summary>
    Unchanged,
}
