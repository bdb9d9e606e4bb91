# A first session on the cluster of the current kubeconfig. It installs Bookinfo into a namespace that the caller names; the namespace must exist
# and have no Bookinfo. ./build.ps1 -Task Pester -Cluster runs it, with the namespace in ISTIOADMIN_TEST_NAMESPACE ('default' when it is not set).
param([Parameter(Mandatory)] [string] $ModuleFolder)

BeforeAll {
    Import-Module "$ModuleFolder/IstioAdmin.psd1" -Force
    $namespace = $env:ISTIOADMIN_TEST_NAMESPACE ? $env:ISTIOADMIN_TEST_NAMESPACE : 'default'
    $cluster = Connect-MeshCluster
}

AfterAll {
    if ($cluster) {
        Remove-Bookinfo -Namespace $namespace -Cluster $cluster -Confirm:$false | Out-Null
        $cluster | Disconnect-MeshCluster
    }
    Remove-Module IstioAdmin -ErrorAction Ignore
}

Describe 'A first session' -Tag Cluster {
    It 'connects and makes the cluster the current one' {
        (Get-MeshCluster -Current).Name | Should -Be $cluster.Name
        $cluster.Version | Should -Match '^v\d+\.\d+'
    }

    It 'changes nothing with -WhatIf' {
        Install-Bookinfo -Namespace $namespace -WhatIf
        Get-MeshPod details-v1-* -Namespace $namespace | Should -BeNullOrEmpty
    }

    It 'installs Bookinfo, and a second time changes nothing' {
        (Install-Bookinfo -Namespace $namespace -NoWait -Confirm:$false).Changed | Should -BeTrue
        (Install-Bookinfo -Namespace $namespace -NoWait -Confirm:$false).Changed | Should -BeFalse
    }

    It 'says of every pod whether Istio must redirect it, and why' {
        $deadline = [datetime]::UtcNow.AddMinutes(2)
        do {
            $pods = Get-MeshPod -Namespace $namespace -LabelSelector 'app in (details, ratings, reviews, productpage)'
            if (@($pods).Count -lt 6) {
                Start-Sleep -Milliseconds 500
            }
        } until (@($pods).Count -ge 6 -or [datetime]::UtcNow -gt $deadline)

        @($pods).Count | Should -BeGreaterOrEqual 6
        foreach ($pod in $pods) {
            $pod.RedirectionConditions | Should -Not -BeNullOrEmpty
            $pod.RedirectionExpected | Should -Be (-not ($pod.RedirectionConditions | Where-Object Met -EQ $false))
        }
    }

    It 'gives every pod a verdict, with evidence or with what was missing to have some' {
        $pods = Get-MeshPod -Namespace $namespace -LabelSelector 'app in (details, ratings, reviews, productpage)'
        $results = $pods | Test-PodRedirection

        @($results).Count | Should -Be @($pods).Count
        foreach ($result in $results) {
            $result.Verdict | Should -BeIn 'Redirected', 'Partial', 'NotRedirected', 'Looping', 'NotExpected', 'Unverified'
            if ($result.Verdict -eq 'Unverified') {
                $result.Findings.Remedy | Should -Not -BeNullOrEmpty
            }
            elseif ($result.Verdict -ne 'NotExpected') {
                $result.Evidence.Reader | Should -Not -BeNullOrEmpty
            }
            if ($result.Verdict -in 'Partial', 'NotRedirected') {
                $result.Escapes | Should -Not -BeNullOrEmpty
            }
        }
        $results | Test-PodRedirection -Quiet | Should -Be (-not ($results | Where-Object Verdict -NotIn 'Redirected', 'NotExpected'))
    }

    It 'leaves nothing behind that it started to read rules' {
        Get-MeshPod istioadmin-inspector-* | Should -BeNullOrEmpty
    }

    It 'restarts nothing with -WhatIf' {
        $before = Get-MeshPod -Namespace $namespace -LabelSelector 'app in (details, ratings, reviews, productpage)'
        $before | Test-PodRedirection | Repair-PodRedirection -WhatIf
        Restart-MeshWorkload deployment/details-v1 -Namespace $namespace -WhatIf
        $after = Get-MeshPod -Namespace $namespace -LabelSelector 'app in (details, ratings, reviews, productpage)'
        $after.Uid | Should -Be $before.Uid
    }

    It 'checks the mesh, and each check that failed says what to do' {
        $checks = Test-Mesh -SkipRedirection
        $checks | Where-Object Category -EQ KubernetesApi | Should -Not -BeNullOrEmpty
        foreach ($failed in $checks | Where-Object Status -EQ Fail) {
            $failed.Hint | Should -Not -BeNullOrEmpty
        }
        Test-Mesh -SkipRedirection -Quiet | Should -Be (-not ($checks | Where-Object Status -EQ Fail))
    }

    It 'removes what it installed' {
        (Remove-Bookinfo -Namespace $namespace -Confirm:$false).Changed | Should -BeTrue
        (Remove-Bookinfo -Namespace $namespace -Confirm:$false).Changed | Should -BeFalse
    }
}
