namespace IstioAdmin.Core.Samples;

/// <summary>What happened to an object of a sample.</summary>
public enum SampleOutcome
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
