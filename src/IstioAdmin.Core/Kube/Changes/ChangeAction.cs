namespace IstioAdmin.Core.Kube.Changes;

/// <summary>What a plan means to do with an object.</summary>
public enum ChangeAction
{
    /// <summary>Create it.</summary>
    Create,

    /// <summary>Change fields of it.</summary>
    Change,

    /// <summary>Nothing: it is as it must be.</summary>
    Keep,

    /// <summary>Delete it.</summary>
    Remove,

    /// <summary>Nothing: somebody else made it.</summary>
    LeaveAlone,

    /// <summary>Nothing: whoever was asked said no.</summary>
    Decline,
}
