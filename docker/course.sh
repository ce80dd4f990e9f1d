# Sourced by start.sh of the docker-stacks, as root or as the user: the course as the user's own copy in ~/course, since a hub
# mounts an empty home and since edits are to stay where the home is kept.
if [ ! -e "/home/${NB_USER}/course" ]; then
  mkdir "/home/${NB_USER}/course" && cp -r /opt/gosft/notebooks/en /opt/gosft/notebooks/zh "/home/${NB_USER}/course/" || echo "course.sh: ~/course could not be made" >&2
  if [ "$(id -u)" = 0 ]; then chown -R "${NB_UID}:${NB_GID}" "/home/${NB_USER}/course"; fi
fi
