namespace IstioAdmin.Core.Kube.Resilience;

/// <summary>Marks a failure as having happened in the body of an answer whose head was fine. Never leaves this library.</summary>
internal sealed class BrokenBodyException : Exception
{
    public BrokenBodyException(Exception cause)
        : base(cause.Message, cause)
    {
    }
}
