"""What cmake --install puts in place works: the program runs, and takes every config that lies beside it.

Usage: installed.py CMAKE BUILD_FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile


def output_of(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, timeout=100).stdout


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="fleetsne-install-") as prefix:
        output_of(cmake, "--install", build, "--prefix", prefix)
        program = pathlib.Path(prefix) / "bin" / "fleetsne"
        assert output_of(program, "--version").startswith("fleetsne "), "no version"
        configs = sorted(pathlib.Path(prefix).glob("share/fleetsne/configs/**/*.cfg"))
        assert configs, "no configs are installed"
        for config in configs:
            print(config.relative_to(prefix), flush=True)
            assert "[optimize]" in output_of(program, "embed", "--config", config, "--dump-config"), "no config is printed"


if __name__ == "__main__":
    main()
