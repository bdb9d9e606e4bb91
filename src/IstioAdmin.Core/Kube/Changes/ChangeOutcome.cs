namespace IstioAdmin.Core.Kube.Changes;

/// <summary>What happened to an object of a plan.</summary>
public enum ChangeOutcome
{
    /// <summary>It was as it must be.</summary>
    Unchanged,

    /// <summary>It was created.</summary>
    Created,

    /// <summary>Fields of it were changed.</summary>
    Changed,

    /// <summary>It was deleted.</summary>
    Removed,

    /// <summary>It was left alone, because somebody else made it.</summary>
    LeftAlone,

    /// <summary>It was left as it is, because the step was declined.</summary>
    Declined,
}
