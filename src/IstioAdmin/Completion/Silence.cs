using IstioAdmin.Core;

namespace IstioAdmin.Completion;

/// <summary>Nobody listens while something is being typed.</summary>
internal sealed class Silence : IReporter
{
    public void Warn(string message)
    {
    }

    public void Detail(string message)
    {
    }

    public void Progress(string activity, string status, int? percent = null)
    {
    }
}
