using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RestBroker.CrashTests.Live;

/// <summary>A small file system of a test's own, whose power can be cut. Needs root and loop devices.</summary>
internal sealed class MountedImage : IDisposable
{
    private const uint ShutDown = 0x8004587d; // EXT4_IOC_SHUTDOWN
    private const uint WithoutLogFlush = 2;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-image-");
    private readonly string[] _mount;
    private bool _isMounted;

    private MountedImage(string[] mount) => _mount = mount;

    /// <summary>Why this machine cannot mount one; null where it can.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    public string Path => System.IO.Path.Combine(_directory.FullName, "mnt");

    public static MountedImage NewExt4(int mebibytes)
    {
        var image = new MountedImage(["-o", "loop"]);
        try
        {
            using (var file = File.Create(image.ImageFile)) file.SetLength(mebibytes * 1024L * 1024);
            Run("mkfs.ext4", "-q", "-F", image.ImageFile);
            image.Mount();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public static MountedImage NewTmpfs(int mebibytes)
    {
        var image = new MountedImage(["-t", "tmpfs", "-o", $"size={mebibytes}m"]);
        image.Mount();
        return image;
    }

    /// <summary>Nothing reaches the disk any more, not even what the file system's journal holds in memory.</summary>
    public void CutPower()
    {
        var directory = open(Path, 0);
        var flags = WithoutLogFlush;
        var result = ioctl(directory, ShutDown, ref flags);
        _ = close(directory);
        if (result != 0) throw new InvalidOperationException("The file system could not be shut down.");
    }

    /// <summary>Mounts again, as a machine does that comes up after a power cut.</summary>
    public void Remount()
    {
        Unmount();
        Mount();
    }

    public void Dispose()
    {
        if (_isMounted) Unmount();
        _directory.Delete(recursive: true);
    }

    private string ImageFile => System.IO.Path.Combine(_directory.FullName, "image");

    private void Mount()
    {
        Directory.CreateDirectory(Path);
        Run("mount", [.. _mount, ImageFile, Path]);
        _isMounted = true;
    }

    // A broker had a mount name space of its own, and the kernel lets go of that a moment after the process has ended: until then the old
    // file system lives, and what it still writes back would fall into the new one.
    private void Unmount()
    {
        Again(() => Run("umount", Path));
        if (File.Exists(ImageFile)) Again(RequireReleased);
        _isMounted = false;
    }

    private void RequireReleased()
    {
        var loop = Run("losetup", "-j", ImageFile);
        if (loop.Length > 0) throw new InvalidOperationException($"Still in use: {loop}");
    }

    private static void Again(Action action)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                action();
                return;
            }
            catch (InvalidOperationException) when (tries < 250)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static string? FindObstacle()
    {
        try
        {
            using var image = NewExt4(8);
            image.CutPower();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"This machine cannot cut the power of a mounted ext4: {e.Message}";
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Trim()}");
        return output.Trim();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int file, nuint request, ref uint argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int file);
}
