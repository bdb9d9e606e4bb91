<#
.SYNOPSIS
Builds, tests and packages IstioAdmin.
.DESCRIPTION
Orders the steps; the work is dotnet's and Pester's. `dotnet build` and `dotnet test` do the same without this script.
.PARAMETER Task
Build    compiles everything and assembles the module in out/IstioAdmin/<version>/
Docs     writes the module's help from docs/en-US, without compiling the module
Test     runs every test project
Pester   tries the assembled module in this PowerShell; needs Pester 5
Package  builds for release and writes out/IstioAdmin.<version>.zip with its SHA-256
.PARAMETER Configuration
Debug or Release; Package always uses Release.
.PARAMETER Cluster
Pester also runs the tests that need a cluster: the one of the current kubeconfig.
.EXAMPLE
./build.ps1 -Task Build, Test, Pester
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Docs', 'Test', 'Pester', 'Package')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug',

    [switch] $Cluster
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function Invoke-DotNet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $args ended with exit code $LASTEXITCODE."
    }
}

function Get-ModuleFolder {
    $folder = Invoke-DotNet msbuild "$PSScriptRoot/src/IstioAdmin/IstioAdmin.csproj" '-getProperty:ModuleOutput'
    $folder.Trim().TrimEnd('/', '\')
}

function Invoke-Build([string] $Configuration) {
    Invoke-DotNet build "$PSScriptRoot/IstioAdmin.sln" --configuration $Configuration
}

function Invoke-Docs([string] $Configuration) {
    Invoke-DotNet run --project "$PSScriptRoot/src/IstioAdmin.HelpBuilder" --configuration $Configuration -- "$PSScriptRoot/docs/en-US" "$(Get-ModuleFolder)/en-US"
}

function Invoke-Test([string] $Configuration) {
    Invoke-DotNet test --solution "$PSScriptRoot/IstioAdmin.sln" --configuration $Configuration
}

function Invoke-ModulePester([bool] $Cluster) {
    Import-Module Pester -MinimumVersion 5.0
    $container = New-PesterContainer -Path "$PSScriptRoot/tests/pester" -Data @{ ModuleFolder = Get-ModuleFolder }
    $settings = New-PesterConfiguration
    $settings.Run.Container = $container
    $settings.Run.Throw = $true
    $settings.Output.Verbosity = 'Detailed'
    if (-not $Cluster) {
        $settings.Filter.ExcludeTag = 'Cluster'
    }
    Invoke-Pester -Configuration $settings
}

function New-Package {
    Invoke-Build Release
    $module = Get-ModuleFolder
    $version = Split-Path $module -Leaf
    $out = "$PSScriptRoot/out"
    $archive = "$out/IstioAdmin.$version.zip"

    # Unpacked into a folder of $env:PSModulePath, the archive is an installed module.
    $staging = "$out/package"
    Remove-Item $staging, $archive -Recurse -Force -ErrorAction Ignore
    New-Item "$staging/IstioAdmin" -ItemType Directory -Force | Out-Null
    Copy-Item $module "$staging/IstioAdmin/$version" -Recurse
    Copy-Item "$PSScriptRoot/LICENSE" "$staging/IstioAdmin/$version"
    [System.IO.Compression.ZipFile]::CreateFromDirectory($staging, $archive)
    Remove-Item $staging -Recurse -Force

    "$((Get-FileHash $archive -Algorithm SHA256).Hash.ToLowerInvariant())  $(Split-Path $archive -Leaf)" | Set-Content "$archive.sha256"
    Get-Item $archive
}

switch ($Task) {
    Build { Invoke-Build $Configuration }
    Docs { Invoke-Docs $Configuration }
    Test { Invoke-Test $Configuration }
    Pester { Invoke-ModulePester $Cluster }
    Package { New-Package }
}
