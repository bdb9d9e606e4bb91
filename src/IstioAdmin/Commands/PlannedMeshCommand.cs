using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that run a plan of changes, once each of its steps has been approved.</summary>
public abstract class PlannedMeshCommand : WaitingMeshCommand
{
    /// <summary>Asks about each step that writes; null when nothing may be done: every step was declined, or the command was only asked what it would do.</summary>
    private protected ChangePlan? Approve(ChangePlan plan)
    {
        ChangePlan approved = plan.Approve(step => ShouldProcess(step.Target, $"{step.Action}"));
        // A plan without anything to write asks nothing, and still must not start to wait.
        return approved.Declined || IsWhatIf ? null : approved;
    }
}
