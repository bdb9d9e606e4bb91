using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Something to be done in a pod's network namespace between two readings of its rules, at most once.</summary>
internal abstract class PodCall
{
    private PodRulesBuilder? _after;
    private bool _closed;

    /// <summary>Whether it has been done, or may have been: then it must not be tried again.</summary>
    public bool MayBeDone { get; protected set; }

    /// <summary>The rules as they were read afterwards; null when they were not.</summary>
    public PodRules? After => _after?.Build([]);

    /// <summary>The script that does it, POSIX sh, which can use <c>say</c> and <c>has</c> of <see cref="NodeScript"/>.</summary>
    public string Tell()
    {
        MayBeDone = true;
        return Script;
    }

    /// <summary>Takes a frame that is its own, or comes after it.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="begin">Begins a reading.</param>
    /// <returns>Whether the frame is so.</returns>
    public bool Take(Frame frame, Func<PodRulesBuilder> begin)
    {
        ArgumentNullException.ThrowIfNull(begin);
        if (TakeOwn(frame))
            return true;
        if (!HasEnded || _closed)
            return false;
        _after ??= begin();
        _after.Add(frame);
        return true;
    }

    /// <summary>Notes that the run with the call in it has ended: what is read from now on is not from after the call.</summary>
    public void Close() => _closed = true;

    /// <summary>Ends the call; why it was not done, null when it was.</summary>
    public abstract MeshException? End(MeshPod pod, NodeReader reader);

    /// <summary>The script.</summary>
    protected abstract string Script { get; }

    /// <summary>Whether its last frame has come.</summary>
    protected abstract bool HasEnded { get; }

    /// <summary>Takes a frame of its own.</summary>
    /// <returns>Whether it is one.</returns>
    protected abstract bool TakeOwn(Frame frame);
}
