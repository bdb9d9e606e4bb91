using System.Runtime.CompilerServices;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Where a walk goes on after the chains that it has jumped into. The first levels need no memory of their own.</summary>
internal struct CallStack<TChain>
    where TChain : class
{
    private Levels _first;
    private List<(TChain Chain, int Next)>? _more;
    private int _count;

    /// <summary>Notes the place after a jump.</summary>
    public void Push(TChain chain, int next)
    {
        if (_count < Levels.Count)
            _first[_count] = (chain, next);
        else
            (_more ??= []).Add((chain, next));
        _count++;
    }

    /// <summary>The place after the last jump; false when there was none.</summary>
    public bool TryPop(out TChain chain, out int next)
    {
        (chain, next) = (null!, 0);
        if (_count == 0)
            return false;
        _count--;
        if (_count < Levels.Count)
        {
            (chain, next) = _first[_count];
        }
        else
        {
            (chain, next) = _more![^1];
            _more.RemoveAt(_more.Count - 1);
        }
        return true;
    }

    [InlineArray(Count)]
    private struct Levels
    {
        public const int Count = 8;
        private (TChain, int) _level;
    }
}
