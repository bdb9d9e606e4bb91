# The first session of the README: prints each command as if it had been typed, and runs it.
# tests/testbed/first-session.sh runs this file on a real node; with a cluster of your own, type the commands.
$commands = @(
    'Connect-MeshCluster'
    'Install-Bookinfo -Namespace default'
    'Get-MeshPod -Namespace default'
    'Get-MeshPod -Namespace mesh'
    '(Get-MeshPod init-container, uninjected -Namespace mesh).RedirectionConditions'
    'Get-MeshPod -Namespace mesh | Test-PodRedirection -InspectorImage registry.local/nettools:1'
    '(Test-PodRedirection cni -Namespace mesh -InspectorImage registry.local/nettools:1).Findings'
    'Remove-Bookinfo -Namespace default'
)

$ErrorActionPreference = 'Stop'
foreach ($command in $commands) {
    # A pipeline for each, as at a prompt: in one, PowerShell would show only the first kind of object as a table.
    "PS> $command" | Out-Default
    & ([scriptblock]::Create($command)) | Out-Default
}
