namespace IstioAdmin.Core.Kube.Watching;

/// <summary>What a watch tells.</summary>
/// <typeparam name="T">What the watcher keeps of each object.</typeparam>
public abstract record WatchEvent<T>
{
    private protected WatchEvent()
    {
    }
}

/// <summary>An object appeared, changed or went away.</summary>
/// <typeparam name="T">What the watcher keeps of each object.</typeparam>
/// <param name="Change">Which of the three.</param>
/// <param name="Object">The object as it is now; one that went away as it was last seen.</param>
public sealed record ObjectChanged<T>(ObjectChange Change, T Object) : WatchEvent<T>;

/// <summary>
/// Everything that exists has been told: the end of the first list, and again whenever the watch had to list anew. Until the first one
/// an object that has not been mentioned may still exist.
/// </summary>
/// <typeparam name="T">What the watcher keeps of each object.</typeparam>
/// <param name="ResourceVersion">The version of the collection that has been told.</param>
public sealed record Synchronized<T>(string ResourceVersion) : WatchEvent<T>;

/// <summary>What happened to an object.</summary>
public enum ObjectChange
{
    /// <summary>It exists and did not before.</summary>
    Added,

    /// <summary>It has a new version.</summary>
    Modified,

    /// <summary>It is gone, or does not match the selectors any more.</summary>
    Deleted,
}
